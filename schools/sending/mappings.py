"""What a school said of its files (what columns hold, what its own codes stand for): said once, used, forgotten.

A file that is waiting to be read is read as everything remembered says. What was used for it is kept with what was
understood, so that it is stored as it was shown, whatever is said or forgotten in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from schools.models import ColumnMapping, Enrolment, LocalCode, School, Upload
from schools.moves import MOVES
from schools.reading import NOTHING_SAID, Layout, RegisterFile, Said, SaidCode
from schools.reading.asking import roll_key

NO_MARK_WORDS = "no mark"


@dataclass(frozen=True)
class Remembered:
    """What a school said, as the reader takes it, with the keys of the rows it stands in."""

    said: Said = NOTHING_SAID
    layouts: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()


def in_force_for(upload: Upload) -> Remembered:
    """What a file is to be read with: all that is remembered while it waits, afterwards what it was shown with."""
    return remembered(upload.school) if upload.stage == Upload.Stage.RECEIVED else _kept_with(upload)


def remembered(school: School) -> Remembered:
    """All that this school said and nobody has forgotten, the latest first."""
    mappings = list(ColumnMapping.objects.remembered().filter(school=school).order_by("-said_at", "-pk"))
    codes = list(LocalCode.objects.remembered().filter(school=school).order_by("-said_at", "-pk"))
    said = Said(tuple(layout_said(one) for one in mappings), tuple(_code_in(one) for one in codes))
    return Remembered(said, tuple(one.pk for one in mappings), tuple(one.pk for one in codes))


def layout_said(mapping: ColumnMapping) -> Layout:
    """The layout that a person said."""
    return _layout_in(mapping.fields, mapping.days, mapping.date_order, mapping.width)


def _layout_in(
    fields: Sequence[Sequence[Any]], days: Sequence[Sequence[Any]], date_order: str = "", width: int = 0
) -> Layout:
    """A layout from the lists it is kept as."""
    columns = tuple((str(heading), int(nth), str(name)) for heading, nth, name in fields)
    return Layout(columns, tuple((str(beside), int(half)) for beside, half in days), date_order, width)


def _code_in(code: LocalCode) -> SaidCode:
    return SaidCode(code.local, code.mark, code.from_on, code.until_on)


def _kept_with(upload: Upload) -> Remembered:
    kept = upload.understood.get("said", {})
    layout, codes = kept.get("layout"), kept.get("codes", [])
    names = ("fields", "days", "date_order", "width")
    layouts = (_layout_in(**{name: layout[name] for name in names if name in layout}),) if layout else ()
    said = Said(layouts, tuple(SaidCode(c["local"], c["mark"], _day(c["from_on"]), _day(c["until_on"])) for c in codes))
    return Remembered(said, (layout["id"],) if layout else (), tuple(code["id"] for code in codes))


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _text(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def told_by(file: RegisterFile, used: Remembered) -> dict[str, Any]:
    """What is kept of a read file for the mapping screen, and to read it the same way again."""
    return {
        "first_rows": [[line, list(cells)] for line, cells in file.first_rows],
        "unknown_codes": [[code, times] for code, times in file.unknown_codes],
        "said": {"layout": _used_layout(file, used), "codes": _used_codes(file, used)},
    }


def _used_layout(file: RegisterFile, used: Remembered) -> dict[str, Any] | None:
    at = file.said_layout
    if at is None:
        return None
    layout = used.said.layouts[at]
    said = {"fields": list(layout.fields), "days": list(layout.days)}
    return {"id": used.layouts[at], **said, "date_order": layout.date_order, "width": layout.width}


def _used_codes(file: RegisterFile, used: Remembered) -> list[dict[str, Any]]:
    found = []
    for at, times in sorted(file.local_codes.items()):
        code = used.said.codes[at]
        dates = {"from_on": _text(code.from_on), "until_on": _text(code.until_on)}
        found.append({"id": used.codes[at], "local": code.local, "mark": code.mark, **dates, "times": times})
    return found


def roll_of(school: School) -> dict[str, frozenset[str]]:
    """What the school's roll holds of each field, so that a column that holds the same is recognised."""
    names = {"local_id": "local_id", "surname": "pupil__surname", "forename": "pupil__forename",
             "registration_group": "reg_group", "year_group": "year_group"}  # fmt: skip
    rows = Enrolment.objects.filter(school=school).values_list(*names.values())
    columns = zip(*rows, strict=True)
    return {name: frozenset(map(roll_key, held)) - {""} for name, held in zip(names, columns, strict=False)}


# --- Said by a person -----------------------------------------------------------------------------------------


def say_columns(upload: Upload, layout: Layout, *, by: Membership, at: dt.datetime) -> list[Upload]:
    """The person says what the columns of a waiting file hold; it is remembered for the school's next files.

    What was said before of the same headings is forgotten. Returns the files that are to be read again: this one
    first, then the school's others that wait for the same answer.
    """
    _read_again(upload)
    for before in ColumnMapping.objects.remembered().filter(school=upload.school):
        if _headings(layout_said(before)) == _headings(layout) or before.pk in _kept_with(upload).layouts:
            _forget(before, by=by, at=at)
    ColumnMapping.objects.create(
        school=upload.school,
        fields=list(layout.fields),
        days=list(layout.days),
        date_order=layout.date_order,
        width=layout.width,
        upload=upload,
        said_by=by,
        said_at=at,
    )
    words = f"Said what the columns of {upload.file_name} hold; it is remembered for {upload.school}."
    record("say_columns", by=by, words=words, subject=upload)
    return [upload, *_others_that_wait(upload)]


def _headings(layout: Layout) -> tuple[int, frozenset[tuple[str, int]]]:
    """The headings that tell a layout from others, or how many columns there are where there are none.

    Which half-day a column of days is, is an answer, and so is which columns without headings are used.
    """
    if layout.width:
        return layout.width, frozenset()
    days = {(beside, -1) for beside, _ in layout.days}
    return 0, frozenset({(heading, nth) for heading, nth, name in layout.fields if name} | days)


def _read_again(upload: Upload) -> None:
    if not Upload.objects.filter(pk=upload.pk, stage__in=MOVES["read_again"].before).update(
        stage=Upload.Stage.RECEIVED
    ):
        raise Refused("This file no longer waits for an answer: it was stored or thrown away before.")
    upload.stage = Upload.Stage.RECEIVED


def _others_that_wait(upload: Upload) -> list[Upload]:
    waiting = Upload.objects.filter(school=upload.school, stage=Upload.Stage.ASKED).select_related("school")
    others = list(waiting.select_for_update(of=("self",)))
    for other in others:
        _read_again(other)
    return others


def say_codes(upload: Upload, codes: Sequence[SaidCode], *, by: Membership, at: dt.datetime) -> None:
    """The person says what codes of the school's own stand for; the file is to be read again.

    Refuses a code of which something else is remembered for some of the same days.
    """
    _read_again(upload)
    held = list(LocalCode.objects.remembered().filter(school=upload.school))
    for code in codes:
        for other in held:
            if other.local == code.local and _overlap(_code_in(other), code):
                raise Refused(
                    f"‘{code.local}’ is already read as {mark_words(other.mark)} {dates_words(other)}. "
                    "Forget that first, or give dates that do not overlap."
                )
    said = "Somebody else has just said what one of these codes stands for: look at it again."
    with once("local_code_once", refusal=said):
        LocalCode.objects.bulk_create([_row(upload, code, by, at) for code in codes])
    told = ", ".join(f"‘{code.local}’ as {mark_words(code.mark)}" for code in codes)
    record("say_codes", by=by, words=f"Said how to read codes of {upload.school}: {told}.", subject=upload)


def _row(upload: Upload, code: SaidCode, by: Membership, at: dt.datetime) -> LocalCode:
    return LocalCode(
        school=upload.school,
        local=code.local,
        mark=code.mark,
        from_on=code.from_on,
        until_on=code.until_on,
        upload=upload,
        said_by=by,
        said_at=at,
    )


def _overlap(one: SaidCode, other: SaidCode) -> bool:
    begins = max(one.from_on or dt.date.min, other.from_on or dt.date.min)
    return begins <= min(one.until_on or dt.date.max, other.until_on or dt.date.max)


def mark_words(mark: str) -> str:
    """A national code, or that there is none."""
    return mark or NO_MARK_WORDS


def dates_words(code: LocalCode | SaidCode) -> str:
    """On which days a code of the school's own is read so."""
    first = f"from {code.from_on:%-d %B %Y}" if code.from_on else ""
    last = f"until {code.until_on:%-d %B %Y}" if code.until_on else ""
    return " ".join(filter(None, [first, last])) or "on any day"


# --- Forgotten ------------------------------------------------------------------------------------------------


def forget_columns(mapping: ColumnMapping, *, by: Membership, at: dt.datetime) -> None:
    """The next file with these headings is asked about again. Files read before stay as they are."""
    _forget(mapping, by=by, at=at)
    words = f"Forgot what columns of {mapping.school} hold: the next file is asked about."
    record("forget_columns", by=by, words=words, subject=mapping.school)


def forget_code(code: LocalCode, *, by: Membership, at: dt.datetime) -> None:
    """The next file's cells with this code are left out again. Files read before stay as they are."""
    _forget(code, by=by, at=at)
    words = f"Forgot that ‘{code.local}’ of {code.school} is read as {mark_words(code.mark)}."
    record("forget_code", by=by, words=words, subject=code.school)


def _forget(row: ColumnMapping | LocalCode, *, by: Membership, at: dt.datetime) -> None:
    held = type(row).objects.remembered().filter(pk=row.pk)
    if not held.update(forgotten_at=at, forgotten_by=by):
        raise Refused("This was forgotten before.")
