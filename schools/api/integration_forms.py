"""What an administrator types to make an integration."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from attendance_portal.integrations import LONGEST_DAYS
from attendance_portal.models import Authority, Integration, Scope
from schools.api.integrations import SCOPE_HINTS

_EVERY = (("every", "Every school of the authority"), ("named", "The schools that I choose"))


class IntegrationForm(GovForm):
    """An integration. `cleaned_data`: name, scopes, every_school, schools (a list), expires_on."""

    name = forms.CharField(
        label="Name of the system",
        max_length=80,
        help_text="As it is told apart on lists and in the audit trail, for example “Data hub of the Hilltop Trust”.",
        error_messages={"required": "Enter the name of the system"},
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        help_text="A token that reads pupils, standings or registers opens nothing until somebody else, who may see "
        "every child, has approved it: a team leader or the service manager. They are written to.",
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it may do"},
    )
    which = forms.ChoiceField(
        label="Which schools",
        choices=_EVERY,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose which schools it may send or read"},
    )
    schools: Any = forms.ModelMultipleChoiceField(
        label="Schools", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    expires_on = GovDateField(
        label="Last day on which the token works",
        help_text="At most a year from today.",
        error_messages={"required": "Enter the last day on which the token works"},
    )
    reveals: ClassVar = {"which": {"named": ("schools",)}}
    option_hints: ClassVar = {"scopes": {str(scope): hint for scope, hint in SCOPE_HINTS.items()}}

    def __init__(self, *args: Any, authority: Authority, schools: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.authority, self.on = authority, on
        self.fields["schools"].queryset = schools  # type: ignore[attr-defined]  # stubs know only Field

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Integration.objects.filter(authority=self.authority, name__iexact=name, revoked_at=None).exists():
            raise forms.ValidationError(
                "There is a system of this name already: revoke it first, or write another name"
            )
        return name

    def clean_expires_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["expires_on"]
        if not self.on < day <= self.on + dt.timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError("The last day must be after today, and at most a year from today")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["every_school"] = cleaned.pop("which", "") == "every"
        if not cleaned["every_school"] and not cleaned.get("schools") and "which" not in self.errors:
            self.add_error("schools", "Choose at least one school")
        return cleaned
