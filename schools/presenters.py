"""Words and colours for uploads, categories and marks, as shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from attendance_portal.days import year_label
from schools.models import Upload
from schools.reading import KINDS, LEAVES_OUT_THE_MARK, LEAVES_OUT_THE_ROW, STOPS_THE_FILE, WARNING
from schools.register.codes import CODE_BOOK

# --- Uploads ------------------------------------------------------------------------------------------------

SEVERITY_ORDER: Final = (STOPS_THE_FILE, LEAVES_OUT_THE_ROW, LEAVES_OUT_THE_MARK, WARNING)

KIND_TITLES: Final = {
    "unreadable": "The file cannot be read",
    "wrong-school": "The file is for another school",
    "columns-missing": "A column is missing",
    "summary-only": "The file has totals and no marks",
    "year-missing": "A heading gives no year",
    "columns-mixed-up": "A column holds something else",
    "contradicting-marks": "Two different marks for the same session",
    "month-first-date": "Dates with the month first",
    "day-first-date": "Dates with the day first",
    "dates-either-way": "Dates that may be read both ways",
    "roll-of-another-school": "Most pupils are on another school's roll",
    "unknown-pupil": "A pupil who is not on the roll",
    "another-child": "A number that belongs to another child",
    "no-pupil": "No pupil is named",
    "broken-upn": "A UPN that cannot be right",
    "pupil-contradicts": "One number for two pupils",
    "implausible-age": "A date of birth that cannot be right",
    "bad-date": "A date that cannot be read",
    "bad-session": "Neither morning nor afternoon",
    "row-too-long": "More cells than headings",
    "bad-count": "Not a number of sessions",
    "counts-do-not-add-up": "Counts that do not add up",
    "contradicting-counts": "Two different counts for the same period",
    "unknown-code": "Not an attendance code",
    "code-not-in-force": "A code not in use on that day",
    "two-marks-in-a-day-cell": "A day's cell that cannot be split",
    "one-mark-in-a-day-cell": "One mark where a day has two",
    "letter-or-digit": "A letter and a digit mixed up",
    "local-code": "The school's own code",
    "bad-heading": "A heading that cannot be read",
    "outside-enrolment": "A mark outside the enrolment",
    "future-mark": "A mark for a day that has not come",
    "weekend-mark": "A mark at a weekend",
    "missing-mark": "No mark where others have one",
    "former-school": "The number of the school as it was before",
    "told-by-earlier-school": "Marks that the school before this one gave",
    "repeated-mark": "The same mark twice",
    "upn-not-used": "A UPN that was not used",
    "upns-are-numbers": "Admission numbers under the heading UPN",
    "number-unknown": "Pupils told by a number alone",
    "period-not-said": "The period of the counts is not said",
    "upn-differs": "Another UPN than the one held",
    "bad-birth-date": "A date of birth that was not used",
    "bad-enrolment-date": "A date of enrolment that was not used",
    "cut-short": "A text that is too long",
    "bad-year-group": "A year group that was not used",
}

LAYOUTS: Final = {
    "posted": "Sent by a school's system or a data hub",
    "long": "One row for each mark",
    "wide": "One row for each pupil, one column for each session",
    "wide-day": "One row for each pupil, one column for each day",
    "summary": "Counts of sessions for each pupil, no marks",
    "ctf": "Common Transfer File: counts of sessions for each pupil, no marks",
}

# What a column was used for, in the words of the page; the reader's own names where they say it already.
USES: Final = {
    "upn": "UPN",
    "former_upn": "a UPN the child had before",
    "local_id": "admission number",
    "born_on": "date of birth",
    "admitted_on": "admission date",
    "left_on": "leaving date",
    "school_urn": "the school's URN",
    "school_laestab": "the school's DfE number",
    "school_estab": "the school's establishment number",
    "possible": "possible sessions",
    "present": "sessions present",
    "activity": "approved educational activity",
    "authorised": "authorised absences",
    "unauthorised": "unauthorised absences",
    "late": "late before the register closed",
    "late_after": "late after the register closed",
    "missing": "missing marks",
    "counted_year": "school year of the counts",
    "counted_term": "term of the counts",
    "counted_until": "last day of the counts",
    "counted_lea": "authority of the school that counted",
    "counted_estab": "establishment number of the school that counted",
    "counted_school": "school that counted",
    "marks_from_on": "first day of the string of marks",
    "marks_as_sent": "string of marks, kept as it stands",
}

_STAGE_COLOURS: Final = {
    Upload.Stage.RECEIVED: "blue",
    Upload.Stage.ASKED: "yellow",
    Upload.Stage.READ: "yellow",
    Upload.Stage.REFUSED: "red",
    Upload.Stage.ACCEPTING: "blue",
    Upload.Stage.ACCEPTED: "green",
    Upload.Stage.DISCARDED: "grey",
}


_DATES_ASKED: Final = frozenset({"dates-either-way", "month-first-date", "day-first-date"})
_SHORTER: Final = {Upload.Stage.ASKED: "Columns to be explained", Upload.Stage.READ: "To be confirmed"}


@dataclass(frozen=True)
class Tag:
    """Words on a colour."""

    words: str
    colour: str


def use_words(used: str) -> str:
    """What a column was used for, as shown."""
    return USES.get(used, used.replace("_", " "))


def kind_severity(kind: str) -> str:
    """The weight of a kind of problem; one that is no longer known only warns."""
    return KINDS[kind].severity if kind in KINDS else WARNING


def upload_stage(upload: Upload) -> Tag:
    stage = Upload.Stage(upload.stage)
    if stage == Upload.Stage.ASKED and not _DATES_ASKED.isdisjoint(upload.understood.get("counts", {})):
        return Tag("Dates to be explained", _STAGE_COLOURS[stage])
    return Tag(_SHORTER.get(stage, stage.label), _STAGE_COLOURS[stage])


def counted(number: int, one: str, several: str) -> str:
    """A number with its noun: “1 pupil”, “2,310 pupils”."""
    return f"{number:,} {one if number == 1 else several}"


def stored_words(upload: Upload) -> str:
    """What storing the file changed."""
    changed = upload.changed or 0
    if sent := upload.understood.get("sent_counts"):
        kept = sent["new"] + sent["replaced"]
        return f"{counted(kept, 'count', 'counts')} kept, not in the figures" if kept else "Nothing changed"
    return f"{counted(changed, 'half-day', 'half-days')} changed" if changed else "Nothing changed"


def changed_words(upload: Upload) -> str:
    """The number alone, for a cell."""
    return "–" if upload.changed is None else f"{upload.changed:,}"


def period(upload: Upload) -> str:
    if upload.first_on is None or upload.last_on is None:
        return "–"
    if upload.first_on == upload.last_on:
        return f"{upload.first_on:%-d %B %Y}"
    return f"{upload.first_on:%-d %B %Y} to {upload.last_on:%-d %B %Y}"


def upload_facts(upload: Upload) -> list[dict[str, str]]:
    """What was read, as a summary list: the layout, the period, the pupils and the marks."""
    told = upload.understood
    if not told or upload.stage in (Upload.Stage.RECEIVED, Upload.Stage.ASKED, Upload.Stage.REFUSED):
        return []
    layout = {"Layout": LAYOUTS.get(upload.layout, upload.layout or "–")}
    layout |= {"Sheet": told["sheet"]} if told.get("sheet") else {}
    left_out = _left_out_fact(told["left_out"], is_stored=upload.stage == Upload.Stage.ACCEPTED)
    if told.get("sent_counts"):
        facts = layout | _counts_facts(told) | {"Left out": left_out}
    else:
        facts = layout | _marks_facts(upload) | {"Left out": left_out}
    return [{"key": key, "value": value} for key, value in facts.items()]


def _counts_facts(told: dict[str, Any]) -> dict[str, str]:
    """What a file of counts holds: said to be in none of the figures."""
    sent = told["sent_counts"]
    words = [f"{period or 'a period that the file does not say'} ({number:,})" for period, number in sent["periods"]]
    return {
        "What it holds": f"{sent['source']}: counts of sessions, kept as what was counted. Not in the figures",
        "Periods (pupils)": "; ".join(words),
        "Pupils in the file": _pupils_fact(told),
        "New counts": f"{sent['new']:,}",
        "Other counts than held": f"{sent['replaced']:,}; the latest are shown, the earlier ones stay on record",
        "Held already": f"{sent['held']:,}",
    }


def _marks_facts(upload: Upload) -> dict[str, str]:
    told = upload.understood
    return {
        "Marks from and to": period(upload),
        "Pupils in the file": _pupils_fact(told),
        "On roll, not in the file": _missing_fact(told),
        "Marks read": f"{told['marks']:,}",
        "New marks": f"{told['new_marks']:,}",
        "Corrected marks": _corrected_fact(told),
        "Blanks": _blanks_fact(told),
    }


def left_out_sentence(upload: Upload) -> str:
    left_out = upload.understood.get("left_out", 0)
    one, several = "row or mark is left out. It stays", "rows or marks are left out. They stay"
    return f"{counted(left_out, one, several)} listed under the school's uploads until settled." if left_out else ""


def _pupils_fact(told: dict[str, int]) -> str:
    unknown = told["pupils"] - told["matched"] - told["new"]
    left_out = f", {unknown:,} neither and left out" if unknown > 0 else ""
    return f"{told['pupils']:,}: {told['matched']:,} matched with the roll, {told['new']:,} new{left_out}"


def _missing_fact(told: dict[str, Any]) -> str:
    """Who is missing is asked of the year groups in the file alone, where it tells any."""
    has_groups = any(used == "year_group" for _, used in told.get("columns", []))
    return f"{told['missing']:,}" + (" of the year groups in the file" if has_groups else "")


def _corrected_fact(told: dict[str, int]) -> str:
    held = told["marks"] - told["new_marks"] - told["corrected_marks"]
    return f"{told['corrected_marks']:,}, and {max(held, 0):,} are held already"


def _blanks_fact(told: dict[str, int]) -> str:
    return f"{told['blanks']:,}; a blank never erases a mark that is held"


def _left_out_fact(left_out: int, *, is_stored: bool) -> str:
    if not left_out:
        return "Nothing"
    words = counted(left_out, "row or mark", "rows or marks")
    return f"{words}, not stored" if is_stored else f"{words} will not be stored"


def year_words(year: int) -> str:
    return f"School year {year_label(year)}"


def mark_choices() -> list[tuple[str, str]]:
    """Every code of the book with its latest meaning; those out of use come last, and say until when."""
    latest = {row.mark: row for row in sorted(CODE_BOOK, key=lambda row: row.in_force_from)}
    now = [row for row in latest.values() if row.in_force_until is None]
    old = [row for row in latest.values() if row.in_force_until is not None]
    return [(row.mark, f"{row.mark}  {row.meaning}") for row in now] + [
        (row.mark, f"{row.mark}  {row.meaning} (until {row.in_force_until:%-d %B %Y})") for row in old
    ]
