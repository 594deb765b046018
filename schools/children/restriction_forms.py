"""Reading what people type about restricted records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from attendance_portal.models import Membership
from attendance_portal.upn import tidy
from schools.models import Pupil, Restriction


def _why(label: str, hint: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why"},
    )


class FindRecordForm(GovForm):
    """The record to be restricted, by its whole UPN."""

    upn = forms.CharField(
        label="UPN of the record to restrict",
        help_text="The whole UPN. Where a child has none, restrict the record on its own page.",
        max_length=20,
        error_messages={"required": "Enter the UPN"},
    )

    def clean_upn(self) -> str:
        return tidy(self.cleaned_data["upn"])


class HoldersForm(GovForm):
    """Who holds a restricted record, and why it is so."""

    holders = forms.MultipleChoiceField(
        label="Who may see this record?",
        help_text="Nobody else will find it in any list, search, minutes or file. Whoever is not ticked loses sight "
        "of it at once. One of them must be a team leader or an authority administrator.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who may see this record"},
    )
    reason = _why("Why?", "It is kept on the record's trail.")

    def __init__(self, *args: Any, people: Sequence[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        field = self.fields["holders"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(key, _person(one)) for key, one in self.people.items()]

    @property
    def chosen(self) -> list[Membership]:
        return [self.people[key] for key in self.cleaned_data["holders"]]


def _person(member: Membership) -> str:
    where = f", {member.organisation}" if member.organisation else ""
    return f"{member.name}, {member.role_label}{where}"


class RestrictForm(HoldersForm):
    """Restricting a record."""

    kind = forms.ChoiceField(
        label="What is the reason for restricting it?",
        choices=Restriction.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the reason"},
    )
    reason = _why(
        "What should those who hold it know?", "For example, “Placed for adoption: the former name must not be told”."
    )
    field_order = ("kind", "reason", "holders")


class LiftForm(GovForm):
    """Lifting a restriction."""

    reason = _why("Why is the restriction lifted?", "It is kept on the record's trail.")


class BreakGlassForm(GovForm):
    """Opening a restricted record that one does not hold."""

    upn = forms.CharField(
        label="UPN of the record",
        help_text="The whole UPN, as you have it from another source.",
        max_length=20,
        error_messages={"required": "Enter the UPN"},
    )
    reason = _why("Why must you see this record now?", "Those who hold the record are told at once, with your name.")

    def __init__(self, *args: Any, pupil: Pupil, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pupil = pupil

    def clean_upn(self) -> str:
        typed = tidy(self.cleaned_data["upn"])
        if typed != self.pupil.upn:
            raise forms.ValidationError("This is not the UPN of the record")
        return typed
