"""The demonstration's meetings: last term's held and signed off, this term's in every state, by the real actions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

from attendance_portal.days import monday_of, previous_term, term_of, term_window, year_of
from attendance_portal.models import Authority, Membership
from attendance_portal.tenancy import authority_scope
from casework.actions import accept_lead
from casework.models import Case
from schools import banding
from schools.models import School, SchoolMembership
from tsm.actions import arrange_meeting, begin_meeting, confirm_minutes, end_meeting, mark_done, write_minutes
from tsm.actions.writing import Typed
from tsm.models import AgreedAction, Discussion, Meeting

LONDON = ZoneInfo("Europe/London")
Say = Callable[[str], object]

MINUTES = 45
# Who is asked to lead the last case of a meeting, in turn; else the school's lead does.
_PARTNERS = ("practitioner@partner.example", "housing@partner.example", "")

_SAID = (
    "Mum says mornings are hardest since the move; transport from the new address takes two buses. School has "
    "offered a later start twice a week and will keep the place in breakfast club.",
    "Attends well on days with practical lessons. Wants to change tutor group. School to meet parents with the "
    "special educational needs co-ordinator and agree what is adjusted.",
    "Anxiety about crowded corridors; waiting for the mental health support team. A quiet entrance and a named "
    "adult have helped for two weeks.",
    "Illness in short spells, no pattern known. School nurse to be asked; no need for medical evidence as routine.",
    "Family support worker already visits. Nothing new for this meeting; look again at the review.",
)
_BARRIERS = (["transport", "housing"], ["learning"], ["anxiety", "mental-health"], ["physical-health"], ["family"])
_ACTIONS = (
    ("Apply for travel help from the new address", "authority", 21),
    ("Meet parents and write down what is adjusted", "school", 14),
    ("Ask the mental health support team for a date", "school", 10),
    ("Ask the school nurse to contact the family", "school", 14),
    ("Visit at home with the family support worker", "authority", 28),
)
_WHOLE_SCHOOL = {
    "trends": "Absence rose after half term, most of all on Fridays and in year 9. Lateness is steady.",
    "cohorts": "Pupils with SEN support; young carers; the year 9 friendship group discussed in spring.",
    "successes": "Breakfast club brought four pupils from below 90% to above it since Easter.",
    "areas_to_improve": "First-day calls are not always made before 10am.",
    "school_priorities": "First-day calls; transition of year 6; parents' information evening.",
    "authority_priorities": "A plan and a lead practitioner for every severely absent pupil before October.",
}


def hold_last_terms_meetings(authority: Authority, people: dict[str, Membership], *, on: dt.date, say: Say) -> None:
    """One meeting a school in the term before, minuted and confirmed by both sides, two schools left out."""
    first = _weeks_before_the_end_of_last_term(on)
    with authority_scope(authority):
        schools = list(School.objects.order_by("urn"))
    for number, school in enumerate(schools[: max(1, len(schools) - 2)]):
        held_on = first + dt.timedelta(days=number % 5 + 7 * (number // 5 % 3))
        with authority_scope(authority):
            _hold(school, people, held_on, seed=number, confirmed=True, settled=4, reviews_from=on)
    say(f"  {authority}: last term's meetings held")


def hold_this_terms_meetings(authority: Authority, people: dict[str, Membership], *, on: dt.date, say: Say) -> None:
    """This term: some signed off, one to confirm, some arranged; the others are due."""
    with authority_scope(authority):
        schools = list(School.objects.order_by("urn"))
        for number, school in enumerate(schools):
            monday = on - dt.timedelta(days=on.weekday())
            if number % 4 == 1:
                held_on = monday - dt.timedelta(days=14 - number % 5)
                if term_of(held_on) == term_of(on):
                    _hold(school, people, held_on, seed=number + 2, confirmed=number % 8 == 1)
            elif number % 4 in (0, 2):
                _arrange(school, people, monday + dt.timedelta(days=7 + number % 5), at=_at(on, 9))
    say(f"  {authority}: this term's meetings arranged")


def _weeks_before_the_end_of_last_term(on: dt.date) -> dt.date:
    """The Monday of the week in which last term's meetings began: late enough for figures, before the holidays."""
    last = term_window(*previous_term(year_of(on), term_of(on))).last
    return monday_of(last - dt.timedelta(days=50))


def _at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), LONDON)


def _people_of(school: School, people: dict[str, Membership], capacity: str) -> Membership:
    rows = SchoolMembership.objects.filter(school=school, capacity=capacity).values_list("membership", flat=True)
    theirs = set(rows)
    return next(member for email, member in people.items() if member.pk in theirs and not email.startswith("office@"))


def _arrange(school: School, people: dict[str, Membership], day: dt.date, *, at: dt.datetime) -> Meeting:
    officer = _people_of(school, people, SchoolMembership.Capacity.NAMED_OFFICER)
    online = day.weekday() % 2 == 0
    return arrange_meeting(
        school,
        starts_at=_at(day, 10 if online else 14),
        minutes=MINUTES,
        mode=Meeting.Mode.ONLINE if online else Meeting.Mode.IN_PERSON,
        place=f"https://meet.example/{school.urn}" if online else "Meeting room, main reception",
        officer=officer,
        by=officer,
        at=at,
    )


def _hold(
    school: School,
    people: dict[str, Membership],
    day: dt.date,
    *,
    seed: int,
    confirmed: bool,
    settled: int = 0,
    reviews_from: dt.date | None = None,
) -> None:
    """Hold one meeting on a day that is past, with the figures as they stood then."""
    banding.band_schools([school.pk], on=day, as_at=day)
    meeting = _arrange(school, people, day, at=_at(day - dt.timedelta(days=21), 9))
    officer, starts_at = meeting.officer, meeting.starts_at
    begin_meeting(meeting, by=officer, at=starts_at)
    meeting.refresh_from_db()
    discussions = list(Discussion.objects.filter(meeting=meeting, on_agenda=True).order_by("position")[:5])
    for place, discussion in enumerate(discussions):
        at = starts_at + dt.timedelta(minutes=5 * place)
        review_on = (reviews_from or day) + dt.timedelta(days=42 - 11 * place)
        _minute(meeting, discussion, people, place=place, seed=seed, review_on=review_on, at=at)
    typed = {name: Typed([text], [""]) for name, text in _WHOLE_SCHOOL.items()}
    write_minutes(meeting, None, typed, by=officer, at=starts_at + dt.timedelta(minutes=35))
    end_meeting(meeting, by=officer, at=meeting.ends_at)
    lead = _people_of(school, people, SchoolMembership.Capacity.STAFF)
    confirm_minutes(meeting, by=officer, at=meeting.ends_at + dt.timedelta(hours=2))
    if confirmed:
        meeting.refresh_from_db()
        confirm_minutes(meeting, by=lead, at=meeting.ends_at + dt.timedelta(days=1))
    if reviews_from:
        _take_up(meeting, people, on=day + dt.timedelta(days=4))
    for action in AgreedAction.objects.filter(meeting=meeting)[:settled]:
        mark_done(action, outcome="Done as agreed.", on=action.due_on or day, by=officer)


def _take_up(meeting: Meeting, people: dict[str, Membership], *, on: dt.date) -> None:
    """Who was asked to lead at a meeting so long ago has answered since."""
    asked = {member.pk: member for member in people.values()}
    cases = Discussion.objects.filter(meeting=meeting).values("case")
    for case in Case.objects.open().filter(pk__in=cases, proposed_lead__isnull=False):
        accept_lead(case, on=on, by=asked[case.proposed_lead_id])


def _minute(
    meeting: Meeting,
    discussion: Discussion,
    people: dict[str, Membership],
    *,
    place: int,
    seed: int,
    review_on: dt.date,
    at: dt.datetime,
) -> None:
    """Type what was said of one pupil, and one agreed action."""
    kind = (seed + place) % len(_SAID)
    officer = meeting.officer
    school_lead = _people_of(meeting.school, people, SchoolMembership.Capacity.STAFF)
    partner = people.get(_PARTNERS[seed % len(_PARTNERS)])
    lead = partner if partner is not None and place == 4 else school_lead
    what, side, days = _ACTIONS[kind]
    typed = {
        "said": Typed([_SAID[kind]], [""]),
        "barriers": Typed(_BARRIERS[kind], []),
        "lead_practitioner": Typed([str(lead.pk)], [""]),
        "joint_action": Typed(["yes" if kind in (0, 2, 4) else "no"], [""]),
        "may_be_missing_education": Typed(["no"], [""]),
        "legal_route": Typed(["none"], [""]),
    }
    owner = officer if side == "authority" else school_lead
    due_on = at.date() + dt.timedelta(days=days)
    agreed = {"what": what, "side": side, "owner": str(owner.pk), "due_on": due_on.isoformat()}
    row = uuid.uuid4()
    typed |= {f"action-{row}-{name}": Typed([text], [""]) for name, text in agreed.items()}
    typed["review_on"] = Typed([review_on.isoformat()], [""])
    write_minutes(meeting, discussion, typed, by=officer, at=at)
