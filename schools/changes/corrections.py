"""Facts put right by hand: each with its reason, its trail, an audit event, and the school banded anew.

Every function here is one transaction with the request it is part of. What cannot be is refused in a sentence.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.banding import band_schools
from schools.models import Correction, Enrolment, Pupil, PupilNameKey, Register, School
from schools.register.changes import difference
from schools.register.codes import NUMBERS, code_in_force
from schools.register.marks import column_of, mark_at
from schools.stored.known import keep_changes, note_dates
from schools.stored.names import name_keys, sort_key
from schools.stored.other_rolls import tell_other_schools
from schools.stored.registers import hold_registers, load_marks, save_rows

NO_MARK = "no mark"


def _shown(day: dt.date | None, otherwise: str) -> str:
    return f"{day:%-d %B %Y}" if day else otherwise


def _note(
    pupil: Pupil,
    school: School | None,
    fact: str,
    before: str,
    after: str,
    *,
    reason: str,
    by: Membership,
    at: dt.datetime,
) -> None:
    """The trail of one fact; refuses what changes nothing."""
    if before == after:
        raise Refused(f"{fact} is {after} already, so there is nothing to put right.")
    Correction.objects.create(
        pupil=pupil, school=school, fact=fact, before=before[:300], after=after[:300],
        reason=reason, made_at=at, made_by=by,
    )  # fmt: skip


def _hold(enrolment: Enrolment, *others: School) -> None:
    """Take the turn of the enrolment's school (and of others) before anything is written, as files, syncs and undos
    do, and read the enrolment again as it stands then; refuses one that an undo took off the roll meanwhile."""
    hold_registers([enrolment.school_id, *(school.pk for school in others)])
    enrolment.refresh_from_db(
        fields=["admission_on", "leaving_on", "destination", "made_in_error_at"], from_queryset=Enrolment.every.all()
    )
    if enrolment.made_in_error_at:
        raise Refused(f"The child was taken off the roll of {enrolment.school} in the meantime.")


def correct_name(pupil: Pupil, *, surname: str, forename: str, reason: str, by: Membership, at: dt.datetime) -> None:
    """The child's name, with what lists sort by and searches find."""
    before = str(pupil)
    pupil.surname, pupil.forename = surname, forename
    pupil.sort_key = sort_key(surname, forename)
    _note(pupil, None, fact="Name", before=before, after=str(pupil), reason=reason, by=by, at=at)
    pupil.save(update_fields=["surname", "forename", "sort_key"])
    PupilNameKey.objects.filter(pupil=pupil).delete()
    PupilNameKey.objects.bulk_create(PupilNameKey(pupil=pupil, key=key) for key in name_keys(surname, forename))
    record("correct_name", by=by, words="Put a pupil's name right.", subject=pupil, pupils=[pupil], reason=reason)


def correct_admission(
    enrolment: Enrolment, *, admission_on: dt.date | None, reason: str, by: Membership, at: dt.datetime, on: dt.date
) -> None:
    """The day of admission; empty means not stated, and then the first real mark counts."""
    _hold(enrolment)
    if admission_on and enrolment.leaving_on and admission_on > enrolment.leaving_on:
        raise Refused(f"The admission cannot be after the leaving on {_shown(enrolment.leaving_on, '')}.")
    before, after = _shown(enrolment.admission_on, "not stated"), _shown(admission_on, "not stated")
    _note(
        enrolment.pupil,
        enrolment.school,
        fact="Admission date",
        before=before,
        after=after,
        reason=reason,
        by=by,
        at=at,
    )
    changed = _years_of(enrolment.admission_on, admission_on)
    enrolment.admission_on = admission_on
    note_dates([enrolment], by=by, at=at, why=reason)
    enrolment.save(update_fields=["admission_on"])
    words = f"Put an admission date right at {enrolment.school}."
    record("correct_admission", by=by, words=words, subject=enrolment, pupils=[enrolment.pupil_id], reason=reason)
    band_schools([enrolment.school_id], on=on, changed_years=changed)


def _years_of(*days: dt.date | None) -> set[int]:
    return {year_of(day) for day in days if day}


def correct_leaving(
    enrolment: Enrolment, *, leaving_on: dt.date | None, destination: str, reason: str,
    by: Membership, at: dt.datetime, on: dt.date,
) -> None:  # fmt: skip
    """The last day on roll, and where to; empty puts the child back on the roll."""
    _hold(enrolment)
    before, changed = _leaving(enrolment), _years_of(enrolment.leaving_on, leaving_on)
    _end(enrolment, leaving_on, destination)
    _note(
        enrolment.pupil,
        enrolment.school,
        fact="Leaving date",
        before=before,
        after=_leaving(enrolment),
        reason=reason,
        by=by,
        at=at,
    )
    note_dates([enrolment], by=by, at=at, why=reason)
    enrolment.save(update_fields=["leaving_on", "destination"])
    words = f"Put a leaving date right at {enrolment.school}."
    record("correct_leaving", by=by, words=words, subject=enrolment, pupils=[enrolment.pupil_id], reason=reason)
    band_schools([enrolment.school_id], on=on, changed_years=changed)
    if leaving_on is None:
        tell_other_schools(enrolment.school, [enrolment.pupil_id], on=on)


def _leaving(enrolment: Enrolment) -> str:
    where = f" to {enrolment.destination}" if enrolment.destination else ""
    return f"{_shown(enrolment.leaving_on, 'on roll')}{where}"


def _end(enrolment: Enrolment, leaving_on: dt.date | None, destination: str) -> None:
    """Set the end of an enrolment, unless the dates or another enrolment there speak against it."""
    if leaving_on and enrolment.admission_on and leaving_on < enrolment.admission_on:
        raise Refused(f"The leaving cannot be before the admission on {_shown(enrolment.admission_on, '')}.")
    fellows = Enrolment.objects.filter(pupil=enrolment.pupil_id, school=enrolment.school_id, leaving_on=None)
    if leaving_on is None and fellows.exclude(pk=enrolment.pk).exists():
        raise Refused("The child came back to this school: the later enrolment is the open one.")
    enrolment.leaving_on, enrolment.destination = leaving_on, destination if leaving_on else ""


def move_school(
    enrolment: Enrolment, *, leaving_on: dt.date, to: School | None, destination: str, admission_on: dt.date | None,
    reason: str, by: Membership, at: dt.datetime, on: dt.date,
) -> Enrolment | None:  # fmt: skip
    """End one enrolment and begin another at `to`; without it only the leaving, with its destination in words."""
    _hold(enrolment, *([to] if to else []))
    before, changed = f"{enrolment.school}, {_leaving(enrolment)}", _years_of(enrolment.leaving_on, leaving_on)
    _end(enrolment, leaving_on, to.name if to else destination)
    after = f"{enrolment.school}, {_leaving(enrolment)}"
    _note(enrolment.pupil, enrolment.school, fact="School", before=before, after=after, reason=reason, by=by, at=at)
    note_dates([enrolment], by=by, at=at, why=reason)
    enrolment.save(update_fields=["leaving_on", "destination"])
    begun = _begin(enrolment, to, admission_on or leaving_on + dt.timedelta(days=1), at) if to else None
    words = f"Moved a pupil from {enrolment.school} to {enrolment.destination}."
    record("move_school", by=by, words=words, subject=enrolment, pupils=[enrolment.pupil_id], reason=reason)
    band_schools([enrolment.school_id, *([to.pk] if to else [])], on=on, changed_years=changed)
    if to:
        tell_other_schools(to, [enrolment.pupil_id], on=max(on, leaving_on + dt.timedelta(days=1)))
    return begun


def _begin(enrolment: Enrolment, to: School, admission_on: dt.date, at: dt.datetime) -> Enrolment:
    if Enrolment.objects.filter(pupil=enrolment.pupil_id, school=to, leaving_on=None).exists():
        raise Refused(f"The child is on the roll of {to} already. Put only the leaving date right.")
    begun: Enrolment = Enrolment.objects.create(
        pupil=enrolment.pupil, school=to, year_group=enrolment.year_group, admission_on=admission_on, known_at=at
    )
    return begun


def correct_mark(
    enrolment: Enrolment,
    *,
    day: dt.date,
    half: int,
    mark: str,
    reason: str,
    by: Membership,
    at: dt.datetime,
    on: dt.date,
) -> None:
    """One half-day's mark (half: 0 morning, 1 afternoon; mark "" takes it away), as a change of the register."""
    _hold(enrolment)
    _check_mark(enrolment, day, mark, on)
    year, column = year_of(day), column_of(day, half)
    ids = np.array([enrolment.pk], np.int64)
    before = load_marks([enrolment.school_id], year, ids)
    after = before.copy()
    after[0, column] = NUMBERS[mark] if mark else 0
    fact = f"Mark of {day:%-d %B %Y}, {'afternoon' if half else 'morning'}"
    was, now = mark_at(before[0], column) or NO_MARK, mark or NO_MARK
    _note(enrolment.pupil, enrolment.school, fact=fact, before=was, after=now, reason=reason, by=by, at=at)
    save_rows(year, ids, after, [_year_group(enrolment, year)])
    keep_changes(enrolment.school, year, difference(ids, before, after), why=reason, made_by=by, made_at=at)
    words = f"Put one mark right at {enrolment.school}."
    record("correct_mark", by=by, words=words, subject=enrolment, pupils=[enrolment.pupil_id], reason=reason, fact=fact)
    band_schools([enrolment.school_id], on=on, changed_years=[year])


def _check_mark(enrolment: Enrolment, day: dt.date, mark: str, on: dt.date) -> None:
    if mark and not code_in_force(mark, day):
        raise Refused(f"The code {mark} was not in use on {day:%-d %B %Y}. Choose the code that was.")
    if day > on:
        raise Refused("That day has not come yet. A mark can be put right only when the day is there.")
    first, last = enrolment.admission_on or dt.date.min, enrolment.leaving_on or dt.date.max
    if not first <= day <= last:
        raise Refused(f"{day:%-d %B %Y} is outside the enrolment at {enrolment.school}. Put its dates right first.")


def _year_group(enrolment: Enrolment, year: int) -> str:
    """Of a new row of the present year: today's. A row that is there keeps its own."""
    latest = Register.objects.filter(school=enrolment.school_id).order_by("-year").first()
    return enrolment.year_group if latest is None or latest.year <= year else ""
