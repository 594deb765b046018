"""What those who manage staff type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from attendance_portal.models import Membership
from attendance_portal.roles import PERMISSIONS as PERMISSIONS_OF
from attendance_portal.roles import SCHOOL_ROLES, Permission, Role
from schools.models import School

ROLE_HINTS = {
    Role.SCHOOL_LEAD: "Uploads registers, prepares and confirms meetings of their own schools.",
    Role.SCHOOL_OFFICE: "Uploads registers and reads their own schools.",
    Role.OFFICER: "Arranges and holds meetings; named officer of schools.",
    Role.TEAM_LEADER: "As an officer, for every school; manages staff.",
    Role.LEGAL: "Reads every school.",
    Role.VIRTUAL_SCHOOL: "Sees children with a social worker.",
    Role.PRACTITIONER: "Sees only the children whose case they lead.",
    Role.MANAGER: "Reads and downloads everything; manages staff.",
    Role.AUDITOR: "Reads everything and the audit trail.",
    Role.ADMIN: "Manages staff; sees no children.",
}
STATES = [
    ("", "All but deactivated"),
    ("working", "Working"),
    ("invited", "Invited"),
    ("away", "Away"),
    ("deactivated", "Deactivated"),
]


def takes_schools(role: str) -> bool:
    """Whether someone in this role is given schools of their own."""
    return role in SCHOOL_ROLES or Permission.MEETING_ARRANGE in PERMISSIONS_OF[role]


class StaffFilter(GovForm):
    """The filter of the staff list."""

    small = ("q", "role", "state")
    q = forms.CharField(label="Name or email address", required=False)
    role = forms.ChoiceField(label="Role", required=False, choices=[("", "Any"), *Role.choices])
    state = forms.ChoiceField(label="State", required=False, choices=STATES)


class InviteForm(GovForm):
    """A colleague to invite. `cleaned_data`: email, name, role, organisation, schools (a list)."""

    option_hints: ClassVar = {"role": {str(role): hint for role, hint in ROLE_HINTS.items()}}

    email = forms.EmailField(
        label="Work email address",
        help_text="The invitation goes there. It is what they will sign in with.",
        error_messages={"required": "Enter an email address"},
    )
    name = forms.CharField(label="Name", max_length=150, error_messages={"required": "Enter a name"})
    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect, error_messages={"required": "Choose a role"})
    organisation = forms.CharField(
        label="School, team or agency",
        max_length=150,
        required=False,
        help_text="Shown beside the name, on minutes too.",
    )
    schools: Any = forms.ModelMultipleChoiceField(
        label="Schools",
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Those they work for, or of which they become the named officer.",
    )

    def __init__(self, *args: Any, by: Membership, schools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_give = [role for role in Role if role != Role.ADMIN or by.role == Role.ADMIN]
        self.fields["role"].choices = [(role.value, role.label) for role in may_give]  # type: ignore[attr-defined]
        self.fields["schools"].queryset = schools  # type: ignore[attr-defined]  # stubs know only Field

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        role, schools = cleaned.get("role"), cleaned.get("schools")
        if role in SCHOOL_ROLES and not schools:
            self.add_error("schools", "Choose the school they work for")
        if role and schools and not takes_schools(role):
            self.add_error("schools", f"{Role(role).label} is not a role with schools of its own")
        return cleaned


class SchoolsForm(GovForm):
    """A member's schools. `cleaned_data`: schools."""

    schools: Any = forms.ModelMultipleChoiceField(
        label="Schools", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, schools: Any, held: Iterable[School], **kwargs: Any) -> None:
        super().__init__(*args, initial={"schools": [school.pk for school in held]}, **kwargs)
        self.fields["schools"].queryset = schools  # type: ignore[attr-defined]  # stubs know only Field


class ColleagueField(forms.ChoiceField):
    """One of the colleagues offered, or nobody. Cleans to the Membership or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.people: dict[str, Membership] = {}

    def offer(self, people: Iterable[Membership], nobody: str) -> None:
        self.people = {str(one.pk): one for one in people}
        named = [(key, f"{one.name}, {one.role_label}") for key, one in self.people.items()]
        self.choices = [("", nobody), *named]

    def clean(self, value: Any) -> Any:
        return self.people.get(super().clean(value))


class DeactivateForm(GovForm):
    """Who takes over. `cleaned_data`: to and, where restricted records wait, holder (a Membership or None)."""

    to = ColleagueField(label="Who takes over")
    holder = ColleagueField(
        label="Who holds the restricted records",
        help_text=(
            "They can change who holds these records and lift the restrictions. A team leader comes to see the "
            "children’s pages, an administrator their names and why they are restricted. This page does not tell "
            "which children they are."
        ),
    )

    def __init__(
        self,
        *args: Any,
        people: Iterable[Membership],
        must_choose: bool,
        holders: Iterable[Membership] | None,
        **kwargs: Any,
    ) -> None:
        """holders: who could hold the restricted records; None where there are none to hand on."""
        super().__init__(*args, **kwargs)
        self.must_choose = must_choose
        field: Any = self.fields["to"]
        field.offer(people, "Choose a colleague" if must_choose else "Nobody")
        if holders is None:
            del self.fields["holder"]
        else:
            held: Any = self.fields["holder"]
            held.offer(holders, "Choose a colleague")

    def clean_to(self) -> Membership | None:
        to: Membership | None = self.cleaned_data["to"]
        if self.must_choose and to is None:
            raise forms.ValidationError("Choose who takes over")
        return to

    def clean_holder(self) -> Membership:
        holder: Membership | None = self.cleaned_data["holder"]
        if holder is None:
            raise forms.ValidationError("Choose who holds the restricted records")
        return holder


class AwayForm(GovForm):
    """An absence. `cleaned_data`: from_on, until_on (or None), cover (a Membership or None)."""

    from_on = GovDateField(label="First day away", error_messages={"required": "Enter the first day away"})
    until_on = GovDateField(label="Last day away", required=False, help_text="Leave empty if it is not known yet.")
    cover = ColleagueField(label="Who covers")

    def __init__(self, *args: Any, people: Iterable[Membership], on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"from_on": on}, **kwargs)
        self.fields["cover"].offer(people, "Nobody")  # type: ignore[attr-defined]  # a ColleagueField

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", "The last day away must be on or after the first")
        return cleaned
