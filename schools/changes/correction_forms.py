"""Reading what people type to put a child's facts right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField

from attendance_portal.gov_forms import GovDateField, GovForm
from schools.changes.corrections import NO_MARK
from schools.models import Enrolment, School
from schools.presenters import mark_choices
from schools.register.codes import BOOK_OPENS_ON


class _ReasonForm(GovForm):
    """What every correction asks: why. It stands on the pupil's page beside the fact."""

    reason = forms.CharField(
        label="Why is this put right?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example, “The office entered it for the wrong day”.",
        error_messages={"required": "Say why this is put right"},
    )


class NameForm(_ReasonForm):
    """A child's name."""

    surname = forms.CharField(max_length=150, error_messages={"required": "Enter the surname"})
    forename = forms.CharField(max_length=150, error_messages={"required": "Enter the forename"})
    field_order = ("forename", "surname", "reason")


class _EnrolmentForm(_ReasonForm):
    """A correction at one school: the one there is, or a choice."""

    enrolment = forms.TypedChoiceField(
        label="At which school?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the school"},
    )

    def __init__(self, *args: Any, enrolments: Sequence[Enrolment], on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["enrolment"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(one.pk, _enrolment_words(one)) for one in enrolments]
        if len(enrolments) == 1:
            field.initial, field.widget = enrolments[0].pk, forms.HiddenInput()
        for name in self.fields:
            date_field = self.fields[name]
            if isinstance(date_field, GovDateField) and name in self.past:
                date_field.latest = on

    past: ClassVar[tuple[str, ...]] = ()


def _enrolment_words(one: Enrolment) -> str:
    return f"{one.school}, left {one.leaving_on:%-d %B %Y}" if one.leaving_on else str(one.school)


class AdmissionForm(_EnrolmentForm):
    """The day of admission."""

    admission_on = GovDateField(
        label="First day on roll",
        help_text="For example, 3 9 2026. Leave empty if it is not known: then the first mark counts.",
        required=False,
    )
    field_order = ("enrolment", "admission_on", "reason")


class LeavingForm(_EnrolmentForm):
    """The last day on roll, and where the child went."""

    leaving_on = GovDateField(
        label="Last day on roll",
        help_text="For example, 20 11 2026. Leave empty if the child is still on roll.",
        required=False,
    )
    destination = forms.CharField(
        label="Where the child went",
        max_length=200,
        required=False,
        help_text="The next school, or what is known. Leave empty if nothing is known.",
    )
    field_order = ("enrolment", "leaving_on", "destination", "reason")


class MoveForm(_EnrolmentForm):
    """From one school to another."""

    leaving_on = GovDateField(
        label="Last day at the old school",
        help_text="For example, 20 11 2026.",
        error_messages={"required": "Enter the last day at the old school"},
    )
    to = forms.ChoiceField(
        label="Where to?", widget=forms.RadioSelect, error_messages={"required": "Choose where the child went"}
    )
    school = forms.ChoiceField(label="School", required=False)
    admission_on = GovDateField(
        label="First day at the new school",
        required=False,
        help_text="Leave empty for the day after the last day at the old school.",
    )
    destination = forms.CharField(label="Name of the school, or what is known", max_length=200, required=False)
    field_order = ("enrolment", "leaving_on", "to", "school", "admission_on", "destination", "reason")
    reveals = {"to": {"here": ("school", "admission_on"), "elsewhere": ("destination",)}}
    small = ("school", "admission_on", "destination")

    def __init__(self, *args: Any, schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = ("here", "A school in the list")
        elsewhere = ("elsewhere", "Another school, or not known")
        to, school = self.fields["to"], self.fields["school"]
        assert isinstance(to, forms.ChoiceField) and isinstance(school, forms.ChoiceField)
        to.choices = [here, elsewhere] if schools else [elsewhere]
        if not schools:  # nothing to choose between: only the destination is asked
            to.initial, to.widget = "elsewhere", forms.HiddenInput()
            del self.fields["school"], self.fields["admission_on"]
            return
        school.choices = [("", "Choose a school"), *((one.urn, str(one)) for one in schools)]

    def laid_out(self) -> Iterator[BoundField]:
        """Where there is no choice to reveal it, the destination stands by itself."""
        return super().laid_out() if "school" in self.fields else iter(self.visible_fields())

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        to, left, begins = typed.get("to"), typed.get("leaving_on"), typed.get("admission_on")
        if to == "here" and not typed.get("school"):
            self.add_error("school", "Choose the school the child goes to")
        if to == "elsewhere" and not typed.get("destination"):
            self.add_error("destination", "Enter what is known, even if only that it is not known")
        if left and begins and begins <= left:
            self.add_error("admission_on", "The first day at the new school must be after the last at the old one")
        return typed


class MarkForm(_EnrolmentForm):
    """One half-day's mark."""

    day = GovDateField(label="Day", help_text="For example, 3 9 2026.", error_messages={"required": "Enter the day"})
    half = forms.TypedChoiceField(
        label="Session",
        coerce=int,
        choices=[(0, "Morning"), (1, "Afternoon")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose morning or afternoon"},
    )
    mark = forms.ChoiceField(label="The right code", choices=[], error_messages={"required": "Choose the right code"})
    field_order = ("enrolment", "day", "half", "mark", "reason")
    inline = ("half",)
    past = ("day",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day, mark = self.fields["day"], self.fields["mark"]
        assert isinstance(day, GovDateField) and isinstance(mark, forms.ChoiceField)
        day.earliest = BOOK_OPENS_ON  # before it no code meant anything that is known here
        mark.choices = [("", "Choose a code"), *mark_choices(), (NO_MARK, "No mark: take the present one away")]
