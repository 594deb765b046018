"""The weekly letter to whoever has a review to hold, something to do or an offer to answer: numbers and a link, and no
child's name."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from attendance_portal.tenancy import current_authority
from casework.models import Case, CaseDigest, PlanAction, Referral, Service, ServiceMember
from casework.reviews import due_on

AHEAD: Final = dt.timedelta(days=7)
SUBJECT: Final = "Your cases: what is due"


@dataclass(frozen=True)
class _Due:
    """A review, an action of a plan or an offer (`what`, `key`) in a case, whose it is, and who holds the case."""

    what: str
    key: object
    case: object
    whose: object
    holder: object


def write_digests(*, on: dt.date) -> int:
    """Write to everyone of the open authority who has something due; each person once a day, however often it runs.

    Answers to how many. The letters go out with the portal's other messages.
    """
    written = [person for person, due in due_of_each(on=on) if _write_to(person, due, on)]
    if written:
        record("write_digests", by=None, words=f"Wrote to {len(written)} people of what is due in their cases.")
    return len(written)


def _write_to(person: Membership, due: Counter[str], on: dt.date) -> bool:
    """Write the letter, if none of that day was written."""
    user = person.user
    if not CaseDigest.objects.get_or_create(to_email=user.email, on=on)[1]:
        return False
    messages.write(to_name=user.name, to_email=user.email, subject=SUBJECT, body=_letter(person, due, on))
    return True


def due_of_each(*, on: dt.date) -> list[tuple[Membership, Counter[str]]]:
    """How many reviews and actions of plans are overdue or due within a week, and how many offers and referrals wait,
    by person.

    Each is told to whoever it belongs to. While they are away, or may not see the case (any more), it is told to
    whoever stands in for them and may work on it, else to the case's holder or the holder's stand-in; where there is
    none of these, to whoever is away, who finds it on their return. Nobody is told of a case that they may not see.
    Four queries, one for each person, and some for each service for which referrals wait.
    """
    due, people = [*_reviews(on), *_offers(), *_actions(on)], _people(on)
    asked: defaultdict[object, set[object]] = defaultdict(set)
    for one in due:
        for key in _candidates(one, people):
            asked[key].add(one.case)
    sees = {key: _seen(people[key], cases) for key, cases in asked.items()}
    found: defaultdict[object, set[tuple[str, object]]] = defaultdict(set)
    first: dict[object, Membership] = {}
    for one in due:
        able = [people[key] for key in _candidates(one, people) if one.case in sees[key]]
        if person := next((one for one in able if not one.is_away(on)), next(iter(able), None)):
            found[person.user_id].add((one.what, one.key))
            first.setdefault(person.user_id, person)
    for person, referral in _referrals(people, on):
        found[person.user_id].add(("referrals", referral))
        first.setdefault(person.user_id, person)
    told = [(person, Counter(what for what, _ in found[user])) for user, person in first.items()]
    return sorted(told, key=lambda each: each[0].user.email)


def _people(on: dt.date) -> dict[object, Membership]:
    """Everyone who works here and may work on cases, by key."""
    members = Membership.objects.working().with_people().filter(authority=current_authority())
    people: dict[object, Membership] = {one.pk: one for one in members if one.may(Permission.CASE_LEAD)}
    for one in people.values():
        one.on = on
    return people


def _reviews(on: dt.date) -> Iterable[_Due]:
    rows = Case.objects.open().annotate(due_on=due_on(on)).filter(due_on__lte=on + AHEAD).order_by("pk")
    for pk, day, holder, lead in rows.values_list("pk", "due_on", "holder", "lead_practitioner"):
        what = "overdue" if day < on else "soon"
        yield from (_Due(what, pk, pk, whose, holder) for whose in {holder, lead} - {None})


def _offers() -> Iterable[_Due]:
    rows = Case.objects.open().exclude(proposed_lead=None).order_by("pk")
    for pk, asked, holder in rows.values_list("pk", "proposed_lead", "holder"):
        yield _Due("offers", pk, pk, asked, holder)


def _actions(on: dt.date) -> Iterable[_Due]:
    """Whose owner has no account is told to the case's lead, else to its holder, as `owners.of_theirs` has it."""
    due = PlanAction.objects.to_do().filter(due_on__lte=on + AHEAD).order_by("pk")
    lead = "plan__case__lead_practitioner"
    for pk, day, owner, case, leads, holder in due.values_list(
        "pk", "due_on", "owner", "plan__case", lead, "plan__case__holder"
    ):
        what = "actions_overdue" if day < on else "actions_soon"
        yield _Due(what, pk, case, owner or leads or holder, holder)


def _referrals(people: Mapping[object, Membership], on: dt.date) -> Iterator[tuple[Membership, object]]:
    """Referrals that wait, with whoever of the service is told of them; a restricted child's with nobody who does not
    hold the record. Two queries for each service for which some wait."""
    waiting = Referral.objects.waiting().order_by().values("service")
    for service in Service.objects.filter(pk__in=waiting).order_by("pk"):
        for one in ServiceMember.objects.told_of_referrals(service, on):
            if person := people.get(one.pk):
                theirs = Referral.objects.received_by(person).waiting().filter(service=service)
                yield from ((person, key) for key in theirs.values_list("pk", flat=True))


def _candidates(due: _Due, people: Mapping[object, Membership]) -> list[object]:
    """Whose it is, and who else would be told, in this order; those who work here and may work on cases."""
    keys: list[object] = []
    for one in (people.get(due.whose), people.get(due.holder)):
        if one is not None:
            keys += [one.pk, one.covered_by_id if one.is_away(one.on) else None]
    return list(dict.fromkeys(key for key in keys if key in people))


def _seen(member: Membership, cases: set[object]) -> set[object]:
    return set(Case.objects.visible_to(member).filter(pk__in=cases).values_list("pk", flat=True))


def _letter(member: Membership, due: Counter[str], on: dt.date) -> str:
    of_cases = _part(_lines(due, on), "In the cases that you hold, lead, help with or stand in for", "cases")
    of_services = _part(_referral_lines(due), "For a service that you answer for", "referrals")
    return f"Hello {member.name},\n\n{of_cases}{of_services}Attendance portal, {member.authority}\n"


def _part(lines: Iterable[str], about: str, url_name: str) -> str:
    """What is due of one thing, with the page that says which; empty where nothing is."""
    listed = "\n".join(f"- {line}" for line in lines)
    where = f"{settings.PORTAL_ADDRESS}{reverse(url_name)}"
    return f"{about}:\n\n{listed}\n\nSign in to see which:\n\n{where}\n\n" if listed else ""


def _referral_lines(due: Counter[str]) -> Iterable[str]:
    if n := due["referrals"]:
        yield f"{n} {'referral waits' if n == 1 else 'referrals wait'} for your service’s answer"


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
        yield f"{n} {'case waits' if n == 1 else 'cases wait'} for an answer whether to lead"
