"""Reading what people type about hand-overs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from attendance_portal.gov_forms import GovForm
from attendance_portal.models import Authority
from schools.handing.receiving import Candidate
from schools.models import Circumstance, HandOver, Pupil

NEW: Final = "new"


def _why(label: str, hint: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=f"{hint} Do not name the child: the other authority can read this.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why"},
    )


class OfferForm(GovForm):
    """To which authority a child is handed over, why, and what beyond names and attendance."""

    to = forms.ChoiceField(
        label="Which authority is this child handed over to?",
        error_messages={"required": "Choose the authority"},
    )
    reason = forms.ChoiceField(
        label="Why?",
        choices=HandOver.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the reason"},
    )
    circumstances = forms.MultipleChoiceField(
        label="What else may the other authority know?",
        help_text="Nothing of this goes with the hand-over unless you tick it. Tick only what the other authority "
        "needs for this child, and what the law lets you tell it.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label="A note for the other authority (optional)",
        help_text="For example, who at the new school expects the child.",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_needed = forms.BooleanField(
        label="The other authority needs this record to see to this child’s attendance",
        error_messages={"required": "Confirm that the other authority needs this record"},
    )

    def __init__(
        self, *args: Any, authorities: Sequence[Authority], held: Sequence[Circumstance], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.authorities = {str(one.pk): one for one in authorities}
        self.held = {str(one.pk): one for one in held}
        to, told = self.fields["to"], self.fields["circumstances"]
        assert isinstance(to, forms.ChoiceField) and isinstance(told, forms.MultipleChoiceField)
        to.choices = [("", "Choose an authority"), *((key, one.name) for key, one in self.authorities.items())]
        told.choices = [(key, _told(one)) for key, one in self.held.items()]
        if not self.held:
            del self.fields["circumstances"]

    @property
    def offer(self) -> dict[str, Any]:
        """What was typed, as `offer_hand_over` takes it."""
        typed = self.cleaned_data
        ticked = [self.held[key] for key in typed.get("circumstances", ())]
        to = self.authorities[typed["to"]]
        return {"to": to, "reason": typed["reason"], "circumstances": ticked, "note": typed["note"]}


def _told(one: Circumstance) -> str:
    worker = ", with the social worker’s name and address" if one.social_worker else ""
    return f"{one.get_kind_display()}, since {one.from_on:%-d %B %Y}{worker}"


class AcceptForm(GovForm):
    """Which record of this authority the child is."""

    whose = forms.ChoiceField(
        label="Who is this child here?",
        help_text="Compare the UPN, the names and the date of birth.",
        widget=forms.RadioSelect,
        error_messages={"required": "Say which record this child is, or that it is a new one"},
    )
    option_hints = {"whose": {NEW: "The child is not held here yet. Schools’ files will find the record by its UPN."}}

    def __init__(self, *args: Any, upn: str, candidates: Sequence[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.upn = upn
        self.candidates = {str(one.pupil.pk): one for one in candidates}
        whose = self.fields["whose"]
        assert isinstance(whose, forms.ChoiceField)
        whose.choices = [*((key, _named(one)) for key, one in self.candidates.items()), (NEW, "A new record")]

    def clean_whose(self) -> str:
        chosen = str(self.cleaned_data["whose"])
        has_upn = next((one.pupil for one in self.candidates.values() if one.pupil.upn == self.upn), None)
        if chosen == NEW and self.upn and has_upn:
            raise forms.ValidationError(f"{has_upn} has this UPN here: choose that record")
        return chosen

    @property
    def pupil(self) -> Pupil | None:
        """The record chosen; None for a new one."""
        chosen = self.candidates.get(self.cleaned_data["whose"])
        return chosen.pupil if chosen else None


def _named(one: Candidate) -> str:
    born = f", born {one.pupil.date_of_birth:%-d %B %Y}" if one.pupil.date_of_birth else ""
    return f"{one.pupil}, {one.pupil.upn or 'no UPN'}{born} ({one.evidence[:1].lower()}{one.evidence[1:]})"


class DeclineForm(GovForm):
    """Why a hand-over is declined."""

    because = _why("Why is it declined?", "For example, “The child is not known at any school here”.")


class WithdrawForm(GovForm):
    """Why an offer is withdrawn."""

    because = _why("Why is the offer withdrawn?", "For example, “Offered to the wrong authority”.")


class EndForm(GovForm):
    """Why what was accepted is ended."""

    because = _why("Why does the hand-over end?", "For example, “The child has moved back”.")
