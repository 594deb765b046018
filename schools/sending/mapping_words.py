"""The words of the mapping screen, and of what was said on it where a file or its school is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from attendance_portal.models import Membership
from schools.models import ColumnMapping, LocalCode, School, Upload
from schools.reading import SaidCode
from schools.reading.asking import NOT_USED
from schools.reading.headers import DAY_FIRST, MONTH_FIRST
from schools.reading.said import WHOLE_DAY, heading_key
from schools.sending.mappings import dates_words, layout_said, mark_words

FIELD_WORDS: Final[Mapping[str, str]] = {
    "upn": "UPN",
    "former_upn": "former UPN",
    "local_id": "admission number",
    "surname": "surname",
    "forename": "forename",
    "name": "whole name, as “Surname, Forename”",
    "born_on": "date of birth",
    "sex": "sex",
    "year_group": "year group",
    "registration_group": "registration group",
    "date": "date",
    "session": "session (AM or PM)",
    "mark": "mark",
    "admitted_on": "admission date",
    "left_on": "leaving date",
    "school_urn": "school's URN",
    "school_laestab": "school's DfE number",
    "school_estab": "school's establishment number",
    "possible": "possible sessions",
    "present": "sessions present",
    "activity": "sessions of approved educational activity",
    "authorised": "sessions of authorised absence",
    "unauthorised": "sessions of unauthorised absence",
    "late": "sessions late before the register closed",
    "late_after": "sessions late after it closed",
    "missing": "missing marks",
}
DAY_WORDS: Final = {0: "the morning of a day", 1: "the afternoon of a day", WHOLE_DAY: "both marks of a day"}
ORDER_WORDS: Final = {"": "", DAY_FIRST: "dates have the day first", MONTH_FIRST: "dates have the month first"}
FIELD_CHOICES: Final = [(NOT_USED, "Not used"), *((name, f"The {words}") for name, words in FIELD_WORDS.items())]
DAY_CHOICES: Final = [(NOT_USED, "Not used"), *((f"day-{half}", f"Is {words}") for half, words in DAY_WORDS.items())]


@dataclass(frozen=True)
class SaidRow:
    """One thing that was said of a school's files, as its list of uploads shows it."""

    key: int
    what: str
    how: str
    dates: str
    said: ColumnMapping | LocalCode


def columns_words(mapping: ColumnMapping) -> str:
    """“Kid ref” is the admission number; …, with the headings as the file that was asked about had them."""
    layout, had = layout_said(mapping), mapping.upload.understood if mapping.upload else {}
    written = {heading_key(heading): heading for heading, _ in had.get("columns", [])}
    fields = [
        f"“{written.get(heading, heading) or 'no heading'}” is the {FIELD_WORDS.get(name, name)}"
        for heading, _, name in layout.fields
        if name
    ]
    days = [f"“{beside or 'the date alone'}” is {DAY_WORDS[half]}" for beside, half in layout.days]
    rest = [*(["the file has no headings"] if layout.width else []), *filter(None, [ORDER_WORDS[layout.date_order]])]
    return "; ".join(fields + days + rest)


def said_of(school: School) -> tuple[list[SaidRow], list[SaidRow]]:
    """The columns and the codes that are remembered of a school, the latest first."""
    people = ("said_by__user", "upload")
    mappings = ColumnMapping.objects.remembered().filter(school=school).select_related(*people).order_by("-said_at")
    codes = LocalCode.objects.remembered().filter(school=school).select_related(*people).order_by("local", "-said_at")
    return (
        [SaidRow(one.pk, "Columns", columns_words(one), "", one) for one in mappings],
        [SaidRow(one.pk, one.local, mark_words(one.mark), dates_words(one), one) for one in codes],
    )


def said_sentences(upload: Upload, member: Membership) -> list[str]:
    """What of this file was read as somebody said, and who said it when. Nothing is read so in silence."""
    kept = upload.understood.get("said") or {}
    layout, codes = kept.get("layout"), kept.get("codes", [])
    found = []
    if layout:
        said = ColumnMapping.objects.select_related("said_by__user").get(pk=layout["id"])
        order = ORDER_WORDS[layout.get("date_order", "")]
        found.append(f"The columns were read {_as_said(said, member)}{f': {order}' if order else ''}.")
    rows = LocalCode.objects.select_related("said_by__user").in_bulk([code["id"] for code in codes]) if codes else {}
    return found + [_code_sentence(code, rows[code["id"]], member) for code in codes]


def _code_sentence(code: Mapping[str, Any], said: LocalCode, member: Membership) -> str:
    times = f"{code['times']:,} {'time' if code['times'] == 1 else 'times'}"
    dates = SaidCode(said.local, said.mark, said.from_on, said.until_on)
    when = "" if (said.from_on, said.until_on) == (None, None) else f" {dates_words(dates)}"
    return f"‘{code['local']}’ was read as {mark_words(code['mark'])}{when} ({times}), {_as_said(said, member)}."


def _as_said(said: ColumnMapping | LocalCode, member: Membership) -> str:
    who = "you" if said.said_by_id == member.pk else said.said_by.name
    return f"as {who} said on {said.said_at:%-d %B %Y}"


def unknown_codes(upload: Upload) -> Sequence[tuple[str, int]]:
    """Codes of a file that nobody explained yet, with how many cells hold each."""
    return [(str(code), int(times)) for code, times in upload.understood.get("unknown_codes", [])]
