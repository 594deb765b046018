"""Reading what a person types about meetings, lists, minutes and agreed actions."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework.barriers import taxonomy
from casework.forms.cases import MemberField
from tsm.fields import NO, NOT_YET, YES
from tsm.models import Discussion, Meeting, Side

LONDON = ZoneInfo("Europe/London")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
ANSWERS = ((YES, "Yes"), (NO, "No"), (NOT_YET, "Not decided yet"))


class TimeOfDayField(forms.CharField):
    """A time as people write it: 10:00, 9.30, 2pm."""

    def clean(self, value: Any) -> dt.time:
        typed = super().clean(value)
        match = _TIME.fullmatch(typed.strip())
        try:
            return _time(*match.groups()) if match else dt.time.fromisoformat("none")
        except ValueError:
            raise ValidationError("Enter the time like 10:00 or 2:30pm", code="invalid") from None


def _time(hour: str, minute: str | None, half: str | None) -> dt.time:
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            raise ValueError(hour)
        number = number % 12 + (12 if half.lower() == "pm" else 0)
    return dt.time(number, int(minute or 0))


class WhenAndWhereForm(GovForm):
    """Date, time, length, and in which way the meeting is held."""

    held_on = GovDateField(
        label="Date", help_text="For example, 27 11 2026", error_messages={"required": "Enter the date of the meeting"}
    )
    begins = TimeOfDayField(
        label="Start time", help_text="For example, 10:00 or 2:30pm",
        error_messages={"required": "Enter the time the meeting starts"},
    )  # fmt: skip
    minutes = forms.IntegerField(
        label="Length in minutes",
        min_value=10,
        max_value=240,
        help_text="The agenda is drawn up to fit this time.",
        error_messages={"required": "Enter the length of the meeting", "invalid": "Enter the length in whole minutes"},
    )
    mode = forms.ChoiceField(
        label="How will you meet?",
        choices=Meeting.Mode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you will meet"},
    )
    link = forms.URLField(label="Link of the online meeting", required=False, max_length=300, assume_scheme="https")
    room = forms.CharField(label="Place", required=False, max_length=300)
    reveals = {"mode": {"online": ("link",), "in-person": ("room",)}}
    small = ("link", "room")

    def clean_held_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["held_on"]
        if day.weekday() >= 5:
            raise ValidationError(f"{day:%-d %B %Y} is a {day:%A}. Choose a school day.", code="weekend")
        return day

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("mode") == Meeting.Mode.ONLINE and not typed.get("link") and "link" not in self.errors:
            self.add_error("link", "Give the link of the online meeting")
        return typed

    def arranged(self) -> dict[str, Any]:
        """What the actions ask for: starts_at (Europe/London), minutes, mode, place."""
        typed = self.cleaned_data
        return {
            "starts_at": dt.datetime.combine(typed["held_on"], typed["begins"], tzinfo=LONDON),
            "minutes": typed["minutes"],
            "mode": typed["mode"],
            "place": typed["link"] if typed["mode"] == Meeting.Mode.ONLINE else typed["room"],
        }


class ArrangeForm(WhenAndWhereForm):
    """As above, and who holds it."""

    officer = MemberField(label="Held by", queryset=None, empty_label=None)

    def __init__(self, *args: Any, officers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["officer"]
        field.queryset = officers

    def arranged_for(self) -> dict[str, Any]:
        """As `arranged`, with the officer."""
        return self.arranged() | {"officer": self.cleaned_data["officer"]}


def initial_of(meeting: Meeting) -> dict[str, Any]:
    """A meeting as these forms begin with it."""
    starts_at = meeting.starts_at.astimezone(LONDON)
    return {
        "held_on": starts_at.date(),
        "begins": f"{starts_at:%H:%M}",
        "minutes": meeting.minutes_booked,
        "mode": meeting.mode,
        "link": meeting.place if meeting.mode == Meeting.Mode.ONLINE else "",
        "room": meeting.place if meeting.mode == Meeting.Mode.IN_PERSON else "",
        "officer": meeting.officer_id,
    }


class ReasonForm(GovForm):
    """Why. What is asked for is said by the page."""

    reason = forms.CharField(
        label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter the reason"},
    )  # fmt: skip


class SentReasonForm(ReasonForm):
    """Why, in words that go out by e-mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "It goes to both sides by e-mail, so name no child."


class TakeOverForm(GovForm):
    """Who holds the meeting instead."""

    officer = MemberField(
        label="Who will hold the meeting?",
        queryset=None,
        error_messages={"required": "Choose who will hold the meeting"},
    )

    def __init__(self, *args: Any, officers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["officer"]
        field.queryset = officers


class FindForm(GovForm):
    """A pupil of the school by name or UPN."""

    find = forms.CharField(label="Name or UPN", required=False, max_length=100)


class PupilField(forms.ModelChoiceField):
    """A pupil, told from another of the same name by the birthday."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}, born {obj.date_of_birth:%-d %B %Y}" if obj.date_of_birth else str(obj)


class AddForm(ReasonForm):
    """Which of the pupils found, and why."""

    pupil: Any = PupilField(
        label="Pupil", queryset=None, empty_label=None, widget=forms.RadioSelect,
        error_messages={"required": "Choose the pupil"},
    )  # fmt: skip
    field_order = ("pupil", "reason")

    def __init__(self, *args: Any, found: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["pupil"]
        field.queryset = found


# -- the minutes: every field is optional, since each is saved as it is typed


def _long(label: str, hint: str = "", rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=hint, required=False, widget=forms.Textarea(attrs={"rows": rows}), strip=False
    )


def _day(label: str) -> forms.CharField:
    attributes = {"type": "date", "class": "govuk-input--width-10"}
    return forms.CharField(label=label, required=False, widget=forms.DateInput(attrs=attributes))


def _answer(label: str, hint: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, help_text=hint, choices=ANSWERS, required=False, widget=forms.RadioSelect)


def _people(label: str, people: Iterable[Membership]) -> forms.ChoiceField:
    choices = [("", "Nobody chosen"), *((str(person.pk), person.described) for person in people)]
    return forms.ChoiceField(label=label, choices=choices, required=False)


def _line(label: str, longest: int, hint: str = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, required=False, max_length=longest)


class DiscussionForm(GovForm):
    """What is minuted about one pupil."""

    said = _long("What was said", rows=5)
    barriers = forms.MultipleChoiceField(
        label="Barriers",
        help_text="They are added to those of the child’s case, where none is ended by this",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    lead_name = _line("Or their name, without an account", 200)
    lead_agency = _line("And their agency", 150)
    joint_action = _answer("Is joint action needed?", "School, authority and partners together")
    may_be_missing_education = _answer("Might this child be missing education?")
    legal_route = forms.ChoiceField(
        label="Legal route considered", choices=Discussion.LegalRoute.choices, required=False
    )
    review_on = _day("Review date")
    other_meeting = _line("Already discussed at another multi-agency meeting? Which?", 200, "Leave it empty if not")

    def __init__(self, *args: Any, people: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leads = [person for person in people if person.may(Permission.CASE_LEAD)]
        self.fields["lead_practitioner"] = _people("Lead practitioner", leads)
        ticks: Any = self.fields["barriers"]
        offered = taxonomy().grouped(self.initial.get("barriers", ()))
        ticks.choices = [choice for _, group in offered for choice in group]
        self.order_fields(["said", "barriers", "lead_practitioner"])


class WholeSchoolForm(GovForm):
    """What is minuted about the whole school: the five headings, trends, and when to meet next."""

    trends = _long("Overall trends and emerging patterns")
    cohorts = _long("Named cohorts", "Year groups or groups of pupils to look at together")
    successes = _long("Successes")
    areas_to_improve = _long("Areas to improve")
    school_priorities = _long("School priorities")
    authority_priorities = _long("Authority priorities")
    next_meeting_on = _day("Next meeting")


class ActionRowForm(GovForm):
    """One agreed action, in a row of its own: `action-<key>-what`."""

    what = _long("What will be done", rows=2)
    side = forms.ChoiceField(label="By", choices=[("", "Choose a side"), *Side.choices], required=False)
    owner_name = _line("Or a name, without an account", 200)
    due_on = _day("Due")
    small = ("what", "side", "owner", "owner_name", "due_on")

    def __init__(self, *args: Any, key: uuid.UUID, people: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"action-{key}", **kwargs)
        self.fields["owner"] = _people("Owner", people)
        self.order_fields(["what", "side", "owner"])


class AttendeeRowForm(GovForm):
    """One person at the meeting, in a row of their own: `attendee-<key>-name`."""

    name = _line("Name", 150)
    job_title = _line("Role", 150)
    organisation = _line("Organisation", 150)
    small = ("name", "job_title", "organisation")

    def __init__(self, *args: Any, key: uuid.UUID, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"attendee-{key}", **kwargs)


# -- agreed actions afterwards


class SettleForm(GovForm):
    """Done with its outcome, or no longer needed with the reason."""

    settled = forms.ChoiceField(
        label="What became of this action?",
        choices=[("done", "It is done"), ("given-up", "It is no longer needed")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what became of this action"},
    )
    outcome = forms.CharField(
        label="What came of it, or why it is no longer needed",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter what came of it, or the reason"},
    )
