"""Reading what people type about a plan, its actions, who agrees to it and who approves it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.forms.begun import AsReadForm, BegunForm
from casework.forms.cases import MemberField
from casework.models import PlanAgreement
from schools.standing import forecast_words


class PlanReviewForm(BegunForm):
    """When all look at the plan again."""

    review_on = GovDateField(
        label="When will everybody look at the plan again?",
        help_text="For example, 15 1 2027",
        error_messages={"required": "Enter the date of the review"},
    )

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["review_on"]
        field.earliest = on


class PlanForm(PlanReviewForm):
    """What is needed, what is to change for the child, the target, and when all look at it again."""

    field_order = ("needs", "change_for_child", "target_percent", "review_on")
    needs = forms.CharField(
        label="What is needed?",
        help_text="What the child and the family need, in words they would use themselves.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Enter what is needed"},
    )
    change_for_child = forms.CharField(
        label="What is to change for the child?",
        help_text="How everybody will know that things are better.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Enter what is to change for the child"},
    )
    target_percent = forms.CharField(
        label="Attendance to reach by the end of the school year, as a percentage",
        help_text="For example, 90 or 92.5. Leave it empty where no figure would help.",
        max_length=10,
        required=False,
    )

    def clean_target_percent(self) -> Decimal | None:
        level = forecast_words.level(self.cleaned_data["target_percent"])
        if level.error:
            raise ValidationError(level.error, code="invalid")
        return Decimal(level.edge.numerator) / 10 if level.edge else None


class PlanActionForm(BegunForm):
    """Who does what, by when: a member, or somebody named who does not use the portal."""

    what = forms.CharField(
        label="What will be done?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter what will be done"},
    )
    who = forms.ChoiceField(
        label="Who will do it?",
        choices=[("account", "Someone who uses the portal"), ("name", "Someone else, such as the child or a parent")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who will do it"},
    )
    owner = MemberField(label="Name", queryset=None, required=False)
    owner_name = forms.CharField(label="Their name", max_length=200, required=False)
    agency = forms.CharField(
        label="Their agency", help_text="Leave it empty for the family.", max_length=150, required=False
    )
    due_on = GovDateField(
        label="By when?", help_text="For example, 4 12 2026", error_messages={"required": "Enter the date"}
    )
    reveals = {"who": {"account": ("owner",), "name": ("owner_name", "agency")}}
    small = ("owner", "owner_name", "agency")

    def __init__(self, *args: Any, people: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["owner"].queryset = people
        fields["due_on"].earliest = on

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        needed = {"account": "owner", "name": "owner_name"}.get(typed.get("who", ""))
        if needed and not typed.get(needed) and needed not in self.errors:
            self.add_error(needed, "Choose who will do it" if needed == "owner" else "Enter their name")
        return typed

    @property
    def action(self) -> dict[str, Any]:
        """What the actions ask for; only the kind of owner that was chosen counts."""
        typed, is_member = self.cleaned_data, self.cleaned_data["who"] == "account"
        return {
            "what": typed["what"],
            "due_on": typed["due_on"],
            "owner": typed["owner"] if is_member else None,
            "owner_name": "" if is_member else typed["owner_name"],
            "agency": "" if is_member else typed["agency"],
        }


class AgreementForm(AsReadForm):
    """What one of the family or the school said to the plan."""

    party = forms.ChoiceField(
        label="Who has answered?",
        choices=PlanAgreement.Party.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who has answered"},
    )
    who = forms.CharField(
        label="Their name",
        help_text="Leave it empty for the child, or where there is no school to ask.",
        max_length=200,
        required=False,
    )
    says = forms.ChoiceField(
        label="What did they say?",
        choices=PlanAgreement.Says.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they said"},
    )
    words = forms.CharField(
        label="In their own words",
        help_text="Or why they could not be asked. Nobody has to give a reason for saying no.",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agreed_on = GovDateField(label="On which day?", error_messages={"required": "Enter the day"})

    def __init__(self, *args: Any, child: str, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.child = child
        field: Any = self.fields["agreed_on"]
        field.latest = on

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("party") == PlanAgreement.Party.CHILD:
            typed["who"] = self.child  # whose name is known, whatever was typed
        elif (typed.get("party"), typed.get("says")) == (PlanAgreement.Party.SCHOOL, PlanAgreement.Says.NOT_ASKED):
            typed["who"] = typed.get("who") or "The school"  # of a child on no roll nobody can be named
        elif "party" in typed and not typed.get("who") and "who" not in self.errors:
            self.add_error("who", "Enter their name")
        if typed.get("says") == PlanAgreement.Says.NOT_ASKED and not typed.get("words"):
            self.add_error("words", "Enter why they could not be asked")
        return typed


class ApprovalForm(AsReadForm):
    """Whether the plan may count, or what is to be written differently first."""

    answer = forms.ChoiceField(
        label="What do you decide?",
        choices=[("approve", "I approve the plan"), ("back", "Send it back")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you decide"},
    )
    reason = forms.CharField(
        label="What should be written differently?",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reveals = {"answer": {"back": ("reason",)}}
    small = ("reason",)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("answer") == "back" and not typed.get("reason"):
            self.add_error("reason", "Enter what should be written differently")
        return typed


class SettleForm(GovForm):
    """What became of an action."""

    became = forms.ChoiceField(
        label="What became of it?",
        choices=[("done", "It is done"), ("given-up", "It is not to be done any more")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what became of it"},
    )
    outcome = forms.CharField(
        label="What came of it, or why it is not needed any more",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("became") == "given-up" and not typed.get("outcome"):
            self.add_error("outcome", "Enter why it is not to be done any more")
        return typed


class OutcomeForm(GovForm):
    """What came of a plan or a contract that ends."""

    outcome = forms.CharField(
        label="What came of it?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter what came of it"},
    )


class PlanPolicyForm(GovForm):
    """Whether a team leader approves plans, from a day on."""

    from_on = GovDateField(
        label="From which day on?",
        help_text="Today or later. A plan that counts already goes on.",
        error_messages={"required": "Enter the day from which this is so"},
    )
    needs_approval = forms.ChoiceField(
        label="Does a team leader approve each plan before it counts?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no"},
    )

    def clean_needs_approval(self) -> bool:
        return bool(self.cleaned_data["needs_approval"] == "yes")
