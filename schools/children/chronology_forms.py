"""The filter of a child's chronology."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from attendance_portal.chronology import Kind
from attendance_portal.gov_forms import GovDateField, GovForm
from schools.children.childs_chronology import Narrowed


class ChronologyForm(GovForm):
    """What it is about, from and until when, and words that stand in it; nothing chosen is everything."""

    words = forms.CharField(label="Words in it", required=False, max_length=100)
    from_on = GovDateField(label="From", required=False)
    until_on = GovDateField(label="Until", required=False)
    kind = forms.MultipleChoiceField(
        label="About",
        choices=[(kind.code, kind.label) for kind in Kind],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    small: ClassVar = ("words", "from_on", "until_on", "kind")

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        begins, ends = typed.get("from_on"), typed.get("until_on")
        if begins and ends and ends < begins:
            self.add_error("until_on", "Until must be on or after From")
        return typed

    @property
    def narrowed(self) -> Narrowed:
        """What was asked for; what makes no sense asks for nothing."""
        if not self.is_valid():
            return Narrowed()
        typed = self.cleaned_data
        return Narrowed(frozenset(typed["kind"]), typed["from_on"], typed["until_on"], typed["words"].strip())
