"""Reading what people type about an attendance contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.models import AttendanceContract
from schools.children.families import FamilyMember
from schools.models import School

SOMEONE_ELSE = "name"


class ContractForm(GovForm):
    """What section 19 asks of a contract: whose, by whom, what each side says it will do, and for how long."""

    parent = forms.ChoiceField(
        label="With which parent or carer?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose with which parent or carer"},
    )
    parent_name = forms.CharField(label="Their name", max_length=200, required=False)
    made_by = forms.ChoiceField(
        label="Who makes it with them?",
        choices=AttendanceContract.Maker.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who makes it with them"},
    )
    school = forms.ChoiceField(
        label="Attendance at which school is it about?",
        help_text="If the school makes it, this is the school that does",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the school"},
    )
    parent_undertakes = forms.CharField(
        label="What will the parent or carer do?",
        help_text="They say that they will keep to this while the contract lasts. Agree it with them.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Enter what the parent or carer will do"},
    )
    support_given = forms.CharField(
        label="What support will they have?",
        help_text="What the school or the authority says it will do to help them keep to it.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Enter what support they will have"},
    )
    offered_on = GovDateField(
        label="Day on which it was offered",
        help_text="If it was offered or signed before today, enter that day",
        error_messages={"required": "Enter the day on which it was offered"},
    )
    from_on = GovDateField(label="First day", error_messages={"required": "Enter the first day"})
    until_on = GovDateField(label="Last day", error_messages={"required": "Enter the last day"})
    reveals = {"parent": {SOMEONE_ELSE: ("parent_name",)}}
    small = ("parent_name",)

    def __init__(
        self,
        *args: Any,
        family: Sequence[FamilyMember],
        not_told: Sequence[str],
        schools: Sequence[School],
        on: dt.date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, initial={"offered_on": on}, **kwargs)
        offered: Any = self.fields["offered_on"]
        offered.latest = on
        self._offer_schools(schools)
        self.not_told = {" ".join(name.lower().split()) for name in not_told}
        self.family = {str(one.carer.pk): one for one in family}
        named = [(key, f"{one.carer.name}, {one.link.relationship.lower()}") for key, one in self.family.items()]
        parent: Any = self.fields["parent"]
        parent.choices = [*named, (SOMEONE_ELSE, "Someone who is not in the child’s family record")]

    def _offer_schools(self, schools: Sequence[School]) -> None:
        """One school needs no question; without one the authority alone can make it."""
        self.schools = {str(one.pk): one for one in schools}
        fields: Any = self.fields
        fields["school"].choices = [(key, one.name) for key, one in self.schools.items()]
        if len(schools) < 2:
            del fields["school"]
        if not schools:
            maker = AttendanceContract.Maker.AUTHORITY
            fields["made_by"].choices = [(maker.value, maker.label)]

    def clean_parent_name(self) -> str:
        name: str = self.cleaned_data["parent_name"]
        if " ".join(name.lower().split()) in self.not_told:
            raise ValidationError(f"{name} must not be told where the child is, and a contract tells it", code="told")
        return name

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("parent") == SOMEONE_ELSE and not typed.get("parent_name") and "parent_name" not in self.errors:
            self.add_error("parent_name", "Enter their name")
        first, last = typed.get("from_on"), typed.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", "The last day must be on or after the first day")
        return typed

    @property
    def contract(self) -> dict[str, Any]:
        """What `offer_contract` asks for."""
        typed = dict(self.cleaned_data)
        chosen = self.family.get(typed.pop("parent"))
        typed["carer"] = chosen.carer if chosen else None
        typed["parent_name"] = "" if chosen else typed["parent_name"]
        only = next(iter(self.schools.values()), None)
        typed["school"] = self.schools[typed["school"]] if "school" in typed else only
        return typed


class ContractAnswerForm(GovForm):
    """What the parent or carer said to the offer."""

    answer = forms.ChoiceField(
        label="What did they say?",
        choices=[("yes", "They accept it, and it is signed"), ("no", "They choose not to")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they said"},
    )
    signed_for_maker = forms.CharField(
        label="Who signed for the school or the authority?", max_length=200, required=False
    )
    why = forms.CharField(
        label="Their reason, in their own words",
        help_text="Nobody has to give one. If they did not, write so.",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    answered_on = GovDateField(label="On which day?", error_messages={"required": "Enter the day"})
    reveals = {"answer": {"yes": ("signed_for_maker",), "no": ("why",)}}
    small = ("signed_for_maker", "why")

    def __init__(self, *args: Any, earliest: dt.date, latest: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["answered_on"]
        field.earliest, field.latest = earliest, latest

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("answer") == "yes" and not typed.get("signed_for_maker"):
            self.add_error("signed_for_maker", "Enter who signed for the school or the authority")
        if typed.get("answer") == "no" and not typed.get("why"):
            self.add_error("why", "Enter their reason, or that they gave none")
        return typed
