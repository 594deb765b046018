"""A person's own work: what they agreed to do, and the cases they hold or lead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Case as Switch
from django.db.models import F, Q, When

from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from attendance_portal.models import Membership
from attendance_portal.roles import Permission, Role
from casework.models import Case
from casework.queues import covered_by, stands_in_for
from casework.reviews import due_by, due_on
from schools.models import Pupil
from tsm.models import AgreedAction, Side

REVIEW_AHEAD = dt.timedelta(days=14)
# Roles whose work is a few cases: they see all of them, others only those with something due.
_ALL_THEIR_CASES = (Role.PRACTITIONER, Role.LEGAL, Role.VIRTUAL_SCHOOL)


def actions_to_do(asker: Asker) -> Iterable[Section]:
    """Their agreed actions, overdue first, with those of people they cover and of their side without an account."""
    member = asker.member
    children = Q(pupil=None) | Q(pupil__in=Pupil.objects.visible_to(member))
    found = AgreedAction.objects.agreed().undone().filter(_theirs(asker), children)
    rows = found.select_related("pupil", "owner__user", "meeting__school").order_by(
        F("due_on").asc(nulls_last=True), "agreed_on", "pk"
    )
    items = (_action_item(action, asker) for action in rows)
    yield from section("actions", "Your actions", items, address("agreed_actions"), "All actions")


def _theirs(asker: Asker) -> Q:
    on, member = asker.on, asker.member
    away = Q(owner__away_from__lte=on) & (Q(owner__away_until=None) | Q(owner__away_until__gte=on))
    theirs = Q(owner=member) | Q(owner__covered_by=member) & away
    if asker.own_schools and member.role != Role.SCHOOL_OFFICE:
        sides = [Side.SCHOOL] if member.is_of_a_school else [Side.AUTHORITY, Side.PARTNER]
        theirs |= Q(owner=None, side__in=sides, meeting__school__in=asker.own_schools)
    return theirs


def _action_item(action: AgreedAction, asker: Asker) -> Item:
    about = [str(action.pupil)] if action.pupil else []
    about.append(action.meeting.school.name)
    if action.owner_id != asker.member.pk and action.owner_shown:
        about.append(f"for {action.owner_shown} to do")
    due, on = action.due_on, asker.on
    if due is None:
        status, colour = "No date", "grey"
    elif due < on:
        status, colour = f"Overdue since {due:%-d %b}", "red"
    else:
        status, colour = f"Due {due:%-d %b}", "yellow" if due - on <= REVIEW_AHEAD else "blue"
    title = action.what or "Action without words"
    return Item(title, address("action_page", action.pk), ", ".join(about), status, colour, action.pupil_id)


def cases_to_review(asker: Asker) -> Iterable[Section]:
    """Cases offered to them, and those whose review is due that they hold or lead, or cover while a colleague is away;
    partner agencies see every case that they work on."""
    member = asker.member
    if not member.may(Permission.CASE_SEE):
        return
    due = due_by(asker.on + REVIEW_AHEAD, on=asker.on)
    held = (Q(holder=member) | Q(lead_practitioner=member) | _covered(member)) & due
    if member.role in _ALL_THEIR_CASES:
        held |= Q(pk__in=Case.objects.worked_on_by(member).values("pk"))
    cases = Case.objects.open().visible_to(member).filter(held | Q(proposed_lead=member))
    asked_of_others = Switch(When(proposed_lead=member, then=0), default=1)
    cases = cases.select_related("pupil", "holder__user", "lead_practitioner__user")
    cases = cases.annotate(review_due_on=due_on(asker.on))
    rows = cases.order_by(asked_of_others, F("review_due_on").asc(nulls_last=True), "pk")
    items = (_case_item(case, asker) for case in rows)
    yield from section("cases", "Your cases", items, address("queues"), "Cases by what they wait for")


def _covered(member: Membership) -> Q:
    return covered_by(member, "holder") | covered_by(member, "lead_practitioner")


def _case_item(case: Any, asker: Asker) -> Item:
    """`case`: with the day of its next review, as `cases_to_review` asks for it."""
    href = address("case_page", case.pk)
    if case.proposed_lead_id == asker.member.pk:
        status, colour = "Say if you take it on", "yellow"
    elif case.review_due_on is None:
        status, colour = "No review date", "grey"
    elif case.review_due_on < asker.on:
        status, colour = f"Review overdue since {case.review_due_on:%-d %b}", "red"
    else:
        status, colour = f"Review on {case.review_due_on:%-d %b}", "blue"
    away = [f"for {one['name']}, who is away" for one in stands_in_for(case, asker.member)]
    hint = ", ".join([f"Opened {case.opened_on:%-d %B %Y}", *away])
    return Item(str(case.pupil), href, hint, status, colour, case.pupil_id)
