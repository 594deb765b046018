"""Social care's list becomes dated circumstances: certain matches at once, the others when a person has looked."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.models import Circumstance, FormerUpn, Pupil, SocialCareLine, SocialCareList
from schools.reading.care_list import CareLine, read_care_list
from schools.stored.names import name_keys, normal, sort_key
from schools.stored.turns import hold_care_lists

State = SocialCareLine.State
_WAITS = "Waits on an earlier list to be looked at."
_SET_ASIDE = "Set aside on an earlier list."
_IDENTITY = ("upn", "surname", "forename", "date_of_birth", "kind", "from_on")


@dataclass(frozen=True)
class Found:
    """Which child a line means, or why a person must look; `may_be` are the children it may mean."""

    pupil: Pupil | None = None
    doubt: str = ""
    may_be: tuple[Pupil, ...] = ()

    @property
    def to_choose_from(self) -> tuple[Pupil, ...]:
        """Whom a person may choose: a line that waited may have become certain since."""
        return (self.pupil,) if self.pupil else self.may_be


@transaction.atomic
def import_care_list(
    content: bytes, *, file_name: str, by: Membership | None, on: dt.date, at: dt.datetime
) -> SocialCareList:
    """Keep a list's lines and record what is certain. Refuses a file of which nothing can be used.

    The same list again changes nothing; a status that ended gets its last day, and one whose end was a mistake of an
    earlier list goes on.
    """
    read = read_care_list(content, on=on)
    if read.refused:
        raise Refused(read.refused)
    hold_care_lists()
    care_list: SocialCareList = SocialCareList.objects.create(
        file_name=file_name[:255], sha256=hashlib.sha256(content).hexdigest(), sent_at=at, sent_by=by
    )
    # Of two lines about one status that with an end is the later news.
    in_order = sorted(read.lines, key=lambda told: told.until_on is not None)
    lines = sorted((_take_in(care_list, told, by) for told in in_order), key=lambda line: line.row)
    SocialCareLine.objects.bulk_create(lines, batch_size=1000)
    pupils = {line.pupil_id for line in lines if line.pupil_id}
    counts = Counter(str(line.state) for line in lines)
    words = f"Sent the social care list {care_list.file_name}: {len(lines)} lines."
    record("import_care_list", by=by, words=words, subject=care_list, pupils=pupils, counts=dict(counts))
    return care_list


def _take_in(care_list: SocialCareList, told: CareLine, by: Membership | None) -> SocialCareLine:
    line = SocialCareLine(
        care_list=care_list, row=told.row, upn=told.upn, surname=told.surname, forename=told.forename,
        date_of_birth=told.born_on, kind=told.kind, social_worker=told.social_worker,
        social_worker_email=told.email, from_on=told.from_on, until_on=told.until_on,
        state=State.LEFT_OUT, message=told.fault,
    )  # fmt: skip
    if told.fault:
        return line
    found = find_child(line, by)
    if found.pupil is not None:
        line.pupil, line.state = found.pupil, _keep(line, found.pupil, care_list.sent_at.date())
        return line
    return _as_before(line, by) or _to_look_at(line, found.doubt)


def _to_look_at(line: SocialCareLine, doubt: str) -> SocialCareLine:
    line.state, line.message = State.UNCERTAIN, doubt
    return line


def _as_before(line: SocialCareLine, by: Membership | None) -> SocialCareLine | None:
    """What became of the same line of an earlier list; None where there is none.

    A copy that waits itself tells nothing: what it waits for does.
    """
    told = _like(line).exclude(state=State.LEFT_OUT).exclude(state=State.KNOWN, pupil=None)
    before = told.order_by("-pk").first()
    if before is None:
        return None
    pupil = children_of(by).filter(pk=before.pupil_id).first() if before.pupil_id else None
    if pupil is not None:
        line.pupil, line.state = pupil, _keep(line, pupil, line.care_list.sent_at.date())
    elif before.state == State.SET_ASIDE:
        line.state, line.message = State.SET_ASIDE, _SET_ASIDE
    elif before.state == State.UNCERTAIN:
        line.state, line.message = State.KNOWN, _WAITS
    else:
        return None
    return line


def _like(line: SocialCareLine) -> QuerySet[SocialCareLine]:
    """The lines of all lists that say of the same child, in the same words, that the same status began."""
    found: QuerySet[SocialCareLine] = SocialCareLine.objects.filter(**{name: getattr(line, name) for name in _IDENTITY})
    return found


def children_of(by: Membership | None) -> QuerySet[Pupil]:
    """Whom a list may name: every child but the restricted ones that the sender does not hold."""
    everyone: QuerySet[Pupil] = Pupil.objects.all() if by is None else Pupil.objects.not_withheld_from(by)
    return everyone


def find_child(line: SocialCareLine, by: Membership | None) -> Found:
    """The child a line means: by UPN where nothing else speaks against it, else by whole name and birthday."""
    children = children_of(by)
    former = FormerUpn.objects.filter(upn=line.upn).values("pupil")
    of_upn = list(children.filter(Q(upn=line.upn) | Q(pk__in=former)).distinct()) if line.upn else []
    of_name = _by_name(line, children)
    whole = sort_key(line.surname, line.forename)
    born = line.date_of_birth
    exact = [one for one in of_name if born and (one.sort_key, one.date_of_birth) == (whole, born)]
    if len(of_upn) == 1 and _agrees(line, of_upn[0]) and exact in ([], of_upn):
        return Found(of_upn[0])
    if of_upn:
        may_be = tuple(dict.fromkeys((*of_upn, *of_name)))
        return Found(doubt="The UPN is of a child with another name or birthday.", may_be=may_be)
    if len(exact) == 1:
        return Found(exact[0])
    if of_name:
        near = "The name or the birthday is not quite the same."
        doubt = "More than one child has this name and birthday." if exact else near
        return Found(doubt=doubt, may_be=tuple(of_name))
    return Found(doubt="No child with this UPN, or with this name and birthday, is held.")


def _by_name(line: SocialCareLine, children: QuerySet[Pupil]) -> list[Pupil]:
    """Children of the whole name, whatever the birthday, and of the birthday with one of the names."""
    if not (line.surname or line.forename):
        return []
    whole = Q(sort_key=sort_key(line.surname, line.forename))
    either = Q(sort_key__startswith=f"{normal(line.surname)} ") | Q(sort_key__endswith=f" {normal(line.forename)}")
    near = Q(date_of_birth=line.date_of_birth) & either if line.date_of_birth else Q(pk__in=[])
    return list(children.filter(whole | near).order_by("sort_key", "pk")[:10])


def _agrees(line: SocialCareLine, pupil: Pupil) -> bool:
    """Whether birthday, surname and the beginning of a forename, as far as the line has them, are the child's.

    Twins share the first two: a plan must not go to the other because of a slip in the UPN.
    """
    born = line.date_of_birth is None or pupil.date_of_birth is None or line.date_of_birth == pupil.date_of_birth
    named = not line.forename or not name_keys("", line.forename).isdisjoint(name_keys("", pupil.forename))
    return born and named and (not line.surname or f" {normal(line.surname)} " in f" {pupil.sort_key} ")


def _keep(line: SocialCareLine, pupil: Pupil, sent_on: dt.date) -> str:
    """Record the status, or put its end and its social worker onto the one held. Answers what was done."""
    assert line.from_on is not None, "a line without it was left out"
    new: dict[str, Any] = {"social_worker": line.social_worker, "social_worker_email": line.social_worker_email}
    new |= {"until_on": line.until_on}
    held = Circumstance.objects.filter(pupil=pupil, kind=line.kind, from_on=line.from_on).first()
    if held is None:
        source = f"Social care list of {sent_on:%-d %B %Y}"
        Circumstance.objects.create(pupil=pupil, kind=line.kind, from_on=line.from_on, source=source, **new)
        return State.RECORDED
    changed = {name: value for name, value in new.items() if value and getattr(held, name) != value}
    if held.until_on and not line.until_on and _takes_the_end_away(line, held):
        changed["until_on"] = None
    if not changed:
        return State.KNOWN
    Circumstance.objects.filter(pk=held.pk).update(**changed)
    return State.RECORDED


def _takes_the_end_away(line: SocialCareLine, held: Circumstance) -> bool:
    """Whether no end is news here: an earlier list gave the end, and this is not a list of before, sent again."""
    told = SocialCareLine.objects.filter(
        pupil=held.pupil_id, kind=held.kind, from_on=held.from_on, until_on=held.until_on
    )
    again = SocialCareLine.objects.filter(care_list__sha256=line.care_list.sha256).exclude(care_list=line.care_list)
    if line.pk is None:
        return told.exists() and not again.exists()
    return told.exists() and not told.filter(pk__gt=line.pk).exists() and not again.filter(pk__lt=line.pk).exists()


@transaction.atomic
def settle_line(line: SocialCareLine, pupil_id: uuid.UUID | None, *, by: Membership, at: dt.datetime) -> None:
    """A person says which child an uncertain line means; None sets it aside. It is said of its waiting copies too."""
    hold_care_lists()
    pupil = children_of(by).filter(pk=pupil_id).first() if pupil_id else None
    if pupil_id and pupil is None:
        raise Refused("That child's record is no longer there. Go back and choose again.")
    if not SocialCareLine.objects.filter(pk=line.pk, state=State.UNCERTAIN).exists():
        raise Refused("Somebody settled this line before.")
    waiting = _like(line).filter(pupil=None, state__in=(State.UNCERTAIN, State.KNOWN))
    settled = set(waiting.values_list("pk", flat=True))
    waiting.filter(state=State.KNOWN).update(message="" if pupil else _SET_ASIDE)
    state = State.RECORDED if pupil else State.SET_ASIDE
    waiting.update(state=state, pupil=pupil, settled_by=by, settled_at=at)
    if pupil:
        _keep_in_order(line, pupil, settled)
    what = f"line {line.row} of a social care list" + (", with its copies on other lists" if len(settled) > 1 else "")
    words = f"Settled {what}: " + ("recorded." if pupil else "set aside.")
    record("settle_care_line", by=by, words=words, subject=line.care_list, pupils=[pupil] if pupil else [])


def _keep_in_order(line: SocialCareLine, pupil: Pupil, settled: Collection[int]) -> None:
    """Record what the settled lines tell, and again what later lists told of the same status: the last word stands."""
    told = SocialCareLine.objects.filter(pupil=pupil, kind=line.kind, from_on=line.from_on, pk__gte=min(settled))
    # As when a list is taken in: of two lines of it about one status that with an end is the later news.
    in_order = sorted(
        told.select_related("care_list"),
        key=lambda one: (one.care_list.sent_at, one.care_list_id, one.until_on is not None, one.pk),
    )
    for one in in_order:
        state = _keep(one, pupil, one.care_list.sent_at.date())
        if one.pk in settled and one.pk != line.pk:
            SocialCareLine.objects.filter(pk=one.pk).update(state=state)


def lines_seen(care_lists: Iterable[SocialCareList], member: Membership) -> QuerySet[SocialCareLine]:
    """The lines of these lists, without those of children restricted since whom the member does not hold."""
    lines = SocialCareLine.objects.filter(care_list__in=care_lists).select_related("pupil", "care_list")
    seen: QuerySet[SocialCareLine] = lines.filter(Q(pupil=None) | Q(pupil__in=Pupil.objects.not_withheld_from(member)))
    return seen


def children_told(lines: Iterable[SocialCareLine]) -> set[uuid.UUID]:
    """The children of whom these lines tell: those recorded, and by number or by name and birthday those who wait.

    For the audit trail, so whoever they are: a line names a child though nobody has said yet that it does.
    """
    found = {line.pupil_id for line in lines if line.pupil_id}
    waiting = [line for line in lines if not line.pupil_id]
    upns = {line.upn for line in waiting if line.upn}
    names = {(sort_key(line.surname, line.forename), line.date_of_birth) for line in waiting if line.date_of_birth}
    if upns:
        found |= set(Pupil.objects.filter(upn__in=upns).values_list("pk", flat=True))
        found |= set(FormerUpn.objects.filter(upn__in=upns).values_list("pupil", flat=True))
    named = Pupil.objects.filter(sort_key__in={name for name, _ in names}) if names else Pupil.objects.none()
    return found | {one.pk for one in named if (one.sort_key, one.date_of_birth) in names}
