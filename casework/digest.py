"""The weekly letter to whoever has a review to hold, something to do or an offer to answer: numbers and a link, and no
child's name."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from attendance_portal.tenancy import current_authority
from casework.models import Case, CaseDigest, PlanAction

AHEAD: Final = dt.timedelta(days=7)
SUBJECT: Final = "Your cases: what is due"


def write_digests(*, on: dt.date) -> int:
    """Write to everyone of the open authority who has something due; each person once a day, however often it runs.

    Answers to how many. The letters go out with the portal's other messages.
    """
    written = [person for person in _people(on) if _write_to(person, on)]
    if written:
        record("write_digests", by=None, words=f"Wrote to {len(written)} people of what is due in their cases.")
    return len(written)


def _people(on: dt.date) -> list[list[Membership]]:
    """Those who may have something due: each person's memberships together."""
    cases = Case.objects.open()
    ids = {
        key for name in ("holder", "lead_practitioner", "proposed_lead") for key in cases.values_list(name, flat=True)
    }
    ids |= set(PlanAction.objects.to_do().values_list("owner", flat=True))
    members: QuerySet[Membership] = Membership.objects.working().with_people().filter(authority=current_authority())
    concerned = members.filter(Q(pk__in=ids) | Q(covers__in=ids)).distinct().order_by("user__email", "role", "pk")
    concerned = concerned.prefetch_related("covers")
    people: defaultdict[object, list[Membership]] = defaultdict(list)
    for member in concerned:
        member.on = on
        people[member.user_id].append(member)
    return list(people.values())


def _write_to(person: Sequence[Membership], on: dt.date) -> bool:
    """Write the letter, if anything is due and none of that day was written."""
    due = sum((due_of(member, on=on) for member in person), Counter[str]())
    user = person[0].user
    if not due or not CaseDigest.objects.get_or_create(to_email=user.email, on=on)[1]:
        return False
    messages.write(to_name=user.name, to_email=user.email, subject=SUBJECT, body=_letter(person[0], due, on))
    return True


def due_of(member: Membership, *, on: dt.date) -> Counter[str]:
    """How many reviews of a member's cases and actions of theirs in plans are overdue or due within a week, and how
    many offers wait for their answer.

    Of cases the member may see; with what is due from those for whom they stand in that day. Whoever is away with a
    stand-in has nothing due. Three queries.
    """
    if not member.may(Permission.CASE_SEE) or member.cover_on(on):
        return Counter()
    theirs = _stood_in_for(member, on)
    own = Q(holder__in=theirs) | Q(lead_practitioner__in=theirs)
    cases = Case.objects.open().visible_to(member).order_by()
    found = cases.aggregate(
        overdue=Count("pk", filter=own & Q(review_on__lt=on), distinct=True),
        soon=Count("pk", filter=own & Q(review_on__gte=on, review_on__lte=on + AHEAD), distinct=True),
        offers=Count("pk", filter=Q(proposed_lead=member), distinct=True),
    )
    to_do = PlanAction.objects.to_do().visible_to(member).filter(owner__in=theirs).order_by()
    found |= to_do.aggregate(
        actions_overdue=Count("pk", filter=Q(due_on__lt=on), distinct=True),
        actions_soon=Count("pk", filter=Q(due_on__gte=on, due_on__lte=on + AHEAD), distinct=True),
    )
    return Counter({name: count for name, count in found.items() if count})


def _stood_in_for(member: Membership, on: dt.date) -> list[object]:
    """The member, and those whose place they take that day."""
    return [member.pk, *(one.pk for one in member.covers.all() if one.is_away(on))]


def _letter(member: Membership, due: Counter[str], on: dt.date) -> str:
    lines = "\n".join(f"- {line}" for line in _lines(due, on))
    return (
        f"Hello {member.name},\n\nIn the cases that you hold, lead or help with:\n\n{lines}\n\n"
        f"Sign in to see which:\n\n{settings.PORTAL_ADDRESS}{reverse('cases')}\n\n"
        f"Attendance portal, {member.authority}\n"
    )


def _lines(due: Counter[str], on: dt.date) -> Iterable[str]:
    if n := due["overdue"]:
        yield f"{n} {'review is' if n == 1 else 'reviews are'} overdue"
    if n := due["soon"]:
        yield f"{n} {'review is' if n == 1 else 'reviews are'} due by {on + AHEAD:%-d %B %Y}"
    if n := due["actions_overdue"]:
        yield f"{n} {'action of a plan is' if n == 1 else 'actions of plans are'} overdue"
    if n := due["actions_soon"]:
        yield f"{n} {'action of a plan is' if n == 1 else 'actions of plans are'} due by {on + AHEAD:%-d %B %Y}"
    if n := due["offers"]:
        yield f"{n} {'case waits' if n == 1 else 'cases wait'} for you to say whether you will lead"
