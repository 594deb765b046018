"""Reading what people type about a child's parents and carers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from schools.children.families import CONTACT, OF_THE_LINK
from schools.models import CarerLink

NEW = "new"
_KNOWN = (("", "Not known"), ("yes", "Yes"), ("no", "No"))
_TRUTH = {"yes": True, "no": False}


def _known(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=_KNOWN, widget=forms.RadioSelect, required=False, coerce=_TRUTH.get, empty_value=None
    )


class CarerForm(GovForm):
    """A person, and what they are to the child."""

    name = forms.CharField(max_length=200, error_messages={"required": "Enter the name"})
    relationship = forms.CharField(
        label="What are they to the child?",
        help_text="For example, mother, father, grandparent or foster carer.",
        max_length=60,
        error_messages={"required": "Say what they are to the child"},
    )
    parental_responsibility = _known("Do they have parental responsibility?")
    lives_with = _known("Does the child live with them?")
    email = forms.EmailField(label="E-mail address", required=False)
    telephone = forms.CharField(max_length=40, required=False)
    address = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 4}), label="Home address"
    )
    must_not_know = forms.BooleanField(label="They must not be told where the child is", required=False)
    must_not_know_why = forms.CharField(label="Why must they not be told?", max_length=300, required=False)
    inline = ("parental_responsibility", "lives_with")

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed.get("must_not_know") and not typed.get("must_not_know_why"):
            self.add_error("must_not_know_why", "Say why they must not be told where the child is")
        return typed

    def without(self, withheld: Iterable[str]) -> None:
        """Neither show nor change these contact details of the person: they would tell where another child is."""
        for name in withheld:
            del self.fields[name]

    @property
    def person(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", *CONTACT) if name in self.cleaned_data}

    @property
    def link(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OF_THE_LINK}


class AddCarerForm(CarerForm):
    """A new person, or one held already."""

    who = forms.ChoiceField(
        label="Who is it?", widget=forms.RadioSelect, error_messages={"required": "Choose who it is"}
    )
    field_order = ("who", "name", "relationship", "parental_responsibility", "lives_with")
    reveals = {"who": {NEW: ("name", "email", "telephone", "address")}}
    small = ("name", "email", "telephone", "address")

    def __init__(self, *args: Any, offered: Sequence[CarerLink], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.carer_id): one.carer for one in offered}
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        children: dict[str, list[str]] = {}
        for one in offered:
            children.setdefault(str(one.carer_id), []).append(str(one.pupil))
        known = [(key, f"{self.offered[key].name}, carer of {' and '.join(names)}") for key, names in children.items()]
        who.choices = [*known, (NEW, "A person not held yet")]
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        if typed.get("who") == NEW and not typed.get("name"):
            self.add_error("name", "Enter the name")
        return typed


class EndCarerForm(GovForm):
    """Taking a person off a child's record."""

    reason = forms.CharField(
        label="Why?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why"},
    )
