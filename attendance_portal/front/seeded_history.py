"""What happened to registers in the demonstration: a file undone, figures of another system, a list entered by hand,
and a school that became an academy."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from attendance_portal.front.seeded_files import long_file
from attendance_portal.models import Membership
from schools.changes.reconciling import Line, TheirList, enter_figures
from schools.changes.undoing import undo_change
from schools.models import Enrolment, Reconciliation, School, Standing, Succession, Upload
from schools.sending import by_hand, uploads
from schools.standing.figures import figures_of
from schools.stored.registers import pupil_keys

CHILDREN = 6
LISTED = 40
_MOST_ODD = 4


def undo_wrong_file(school: School, *, office: Membership, lead: Membership, at: dt.datetime, on: dt.date) -> None:
    """The office sent two days of a trip as absence; the lead undid it the same day."""
    day = at.date() - dt.timedelta(days=at.weekday() + 14)
    stays = Enrolment.objects.on_roll(day).filter(school=school).select_related("pupil").order_by("pk")[:CHILDREN]
    content = long_file(stays, [day, day + dt.timedelta(days=1)], "O")
    upload = _sent(school, content, name="Week of the trip.csv", by=office, at=at, on=on)
    undo_change(
        school, upload.pk, reason="The children were on a trip (V): the file was made before that was entered.",
        by=lead, at=at + dt.timedelta(hours=2), on=on,
    )  # fmt: skip


def _sent(school: School, content: bytes, *, name: str, by: Membership, at: dt.datetime, on: dt.date) -> Upload:
    upload = uploads.receive_upload(school, [content], file_name=name, by=by, at=at)
    return _stored(upload, by=by, at=at + dt.timedelta(minutes=5), on=on)


def _stored(upload: Upload, *, by: Membership, at: dt.datetime, on: dt.date) -> Upload:
    uploads.read_upload(upload, on=on)
    uploads.accept_upload(upload, by=by, at=at)
    uploads.store_upload(upload, on=on)
    return upload


def enter_other_figures(school: School, *, as_at: dt.date, by: Membership, at: dt.datetime) -> None:
    """What *Monitor your school attendance* showed at half term: the marks as they were then known."""
    figures = figures_of([school.pk], as_at.year, as_at=as_at, known_on=as_at)
    totals = figures.totals
    counted = [
        (pupil, int(attended), int(possible))
        for pupil, attended, possible in zip(
            pupil_keys(figures.roll), totals.attended.tolist(), totals.possible.tolist(), strict=True
        )
        if possible
    ]
    if not counted:
        return
    held = Enrolment.objects.filter(school=school).values_list("pupil", "pupil__upn")
    upns = {pupil: upn for pupil, upn in held if upn}
    lines = [
        Line(number, {"upn": upns[pupil]}, _per_cent(attended, possible))
        for number, (pupil, attended, possible) in enumerate(counted[:LISTED], 2)
        if pupil in upns
    ]
    lines.append(Line(LISTED + 2, {"name": "Sprocket, Tilly"}, Decimal("96.40")))
    everyone = _per_cent(sum(one[1] for one in counted), sum(one[2] for one in counted))
    often_away = sum(10 * (possible - attended) >= possible for _, attended, possible in counted)
    enter_figures(
        school, source=Reconciliation.Source.MONITOR, as_at=as_at, attendance=everyone,
        persistent=_per_cent(often_away, len(counted)), theirs=TheirList(lines, []), by=by, at=at,
    )  # fmt: skip


def _per_cent(some: int, of: int) -> Decimal:
    return (Decimal(100 * some) / of).quantize(Decimal("0.01"))


def enter_list_by_hand(school: School, *, by: Membership, on: dt.date, at: dt.datetime) -> None:
    """The few whom the school's office wrote down while its system was away."""
    away = Standing.objects.filter(school=school, is_on_roll=True, band__gte=4, year=on.year)
    found = away.select_related("pupil", "enrolment").order_by("pk")[:_MOST_ODD]
    entries = [
        by_hand.Entry(
            upn=one.pupil.upn or "", local_id=one.enrolment.local_id, surname=one.pupil.surname,
            forename=one.pupil.forename, born_on=f"{one.pupil.date_of_birth:%d/%m/%Y}",
            year_group=one.enrolment.year_group, possible=one.possible, authorised=one.authorised,
            unauthorised=one.unauthorised,
        )
        for one in found
    ]  # fmt: skip
    if entries:
        first = dt.date(on.year, 9, 1)
        upload = by_hand.enter_list(school, entries, first_on=first, last_on=on, by=by, at=at, on=on)
        _stored(upload, by=by, at=at, on=on)


def follow_conversion(school: School, *, on: dt.date) -> None:
    """The school that an academy was before, as DfE's links file would have it."""
    opened = dt.date(on.year - 2, 9, 1)
    before = School.objects.create(
        urn=f"{school.urn[:3]}1{school.urn[-2:]}",
        laestab=f"{school.laestab[:3]}{int(school.laestab[3:]) + 1000}",
        name=school.name.replace(" Academy", " School"),
        phase=school.phase,
        area=school.area,
        address=school.address,
        closed_on=opened - dt.timedelta(days=1),
    )
    Succession.objects.create(predecessor=before, successor=school, kind=Succession.Kind.CONVERTED, linked_on=opened)
