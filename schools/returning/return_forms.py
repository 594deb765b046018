"""What is typed about statutory returns: filters, the facts that the law asks, reasons."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from schools.models import Enrolment, StatutoryReturn

Kind = StatutoryReturn.Kind
OVERDUE = "overdue"
STATES = (
    ("draft", "To be confirmed"),
    (OVERDUE, "Overdue"),
    ("sent", "Sent, not yet acknowledged"),
    ("acknowledged", "Acknowledged"),
    ("changed", "Marks changed since it was sent"),
    ("set-aside", "Set aside"),
    ("withdrawn", "Withdrawn"),
)


class ReturnFilter(GovForm):
    """What a list of returns is narrowed to."""

    kind = forms.ChoiceField(label="Return", required=False, choices=[("", "All"), *Kind.choices])
    state = forms.ChoiceField(label="State", required=False, choices=[("", "All"), *STATES])
    school = forms.CharField(label="School name or URN", required=False, max_length=150)

    @property
    def wanted(self) -> dict[str, str]:
        """What was chosen; what makes no sense narrows nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class FactsForm(GovForm):
    """The facts of a return, as the law asks for them: more for a joiner or a leaver than for an absence."""

    full_name = forms.CharField(
        label="Full name of the child", max_length=310, error_messages={"required": "Enter the child's full name"}
    )
    date_of_birth = GovDateField(label="Date of birth", required=False)
    sex = forms.CharField(label="Sex, as in the admission register", max_length=20, required=False)
    address = forms.CharField(
        label="Address where the child lives",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter the address where the child lives"},
    )
    parents = forms.CharField(
        label="Parents the child normally lives with",
        help_text="For each: name, address and an emergency telephone number. One parent a line.",
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter each parent the child normally lives with, with a telephone number"},
    )
    admitted_on = GovDateField(label="Date of admission", required=False)
    last_school = forms.CharField(label="School before, if known", max_length=200, required=False)
    ground = forms.CharField(
        label="Ground for the deletion",
        help_text="The ground in regulation 9 under which the name is deleted, in its own words.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Enter the ground for the deletion"},
    )
    destination = forms.CharField(label="New school or new address, if you hold it", max_length=300, required=False)
    note = forms.CharField(
        label="Anything the authority should know", max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text="For example, what the school has done so far.",
    )  # fmt: skip

    ASKED: ClassVar = {
        Kind.ATTENDANCE: ("full_name", "address", "note"),
        Kind.SICKNESS: ("full_name", "address", "note"),
        Kind.NEW_PUPIL: (
            "full_name", "date_of_birth", "sex", "address", "parents", "admitted_on", "last_school", "note",
        ),
        Kind.DELETION: ("full_name", "address", "parents", "ground", "destination", "note"),
    }  # fmt: skip

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(self.ASKED[Kind(kind)]):
            del self.fields[name]

    @property
    def confirmed(self) -> dict[str, str]:
        """The facts as text, days as they are written."""
        values = {name: self.cleaned_data.get(name) for name in self.fields}
        return {name: f"{v:%-d %B %Y}" if isinstance(v, dt.date) else str(v) for name, v in values.items() if v}


class SetAsideForm(GovForm):
    """Why no return is made."""

    reason = forms.CharField(
        label="Why is no return made?",
        help_text="The authority can read this. For example, “It was sent on paper on 3 November”.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why no return is made"},
    )


class AcknowledgeForm(GovForm):
    """What the authority says when it has read a return."""

    note = forms.CharField(label="Note to the school (optional)", max_length=500, required=False)


class TellForm(GovForm):
    """Whom the school told of a deletion in another way."""

    otherwise = forms.CharField(
        label="Whom you told in another way (optional)",
        help_text="For example, “Jo Bird, social worker, by telephone”.",
        max_length=200,
        required=False,
    )


class BeginReturnForm(GovForm):
    """A return that the marks do not ask for yet."""

    enrolment = forms.TypedChoiceField(
        label="At which school?", coerce=int, widget=forms.RadioSelect, error_messages={"required": "Choose the school"}
    )
    kind = forms.ChoiceField(
        label="Which return?",
        widget=forms.RadioSelect,
        choices=[(kind.value, kind.label) for kind in (Kind.SICKNESS, Kind.ATTENDANCE)],
        error_messages={"required": "Choose which return"},
    )
    reason = forms.CharField(
        label="Why is it made now?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why it is made now"},
    )
    option_hints: ClassVar = {
        "kind": {
            Kind.SICKNESS: "Recorded with code I, and you believe that illness will add up to 15 school days",
            Kind.ATTENDANCE: "The child fails to attend regularly, without ten school days in a row",
        }
    }

    def __init__(self, *args: Any, enrolments: list[Enrolment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["enrolment"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(one.pk, str(one.school)) for one in enrolments]
        if len(enrolments) == 1:
            field.initial, field.widget = enrolments[0].pk, forms.HiddenInput()
