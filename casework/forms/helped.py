"""Which start is looked at, and over how many school weeks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from attendance_portal.gov_forms import GovForm
from casework.helped.matching import MatchRule
from casework.helped.of_case import Start
from casework.helped.words import SPANS


def weeks_field() -> forms.TypedChoiceField:
    """How many school weeks before and after."""
    choices = [(span, f"{span} school weeks") for span in SPANS]
    return forms.TypedChoiceField(label="Before and after", choices=choices, coerce=int, required=False)


class HelpedForm(GovForm):
    """The question about one case. What makes no sense falls back to the case's opening and six school weeks."""

    begun = forms.ChoiceField(label="Since when", required=False)
    weeks = weeks_field()

    small: ClassVar = ("begun", "weeks")

    def __init__(self, query: Any, *, starts: Sequence[Start]) -> None:
        super().__init__({"begun": query.get("begun", starts[0].code), "weeks": query.get("weeks", MatchRule.before)})
        self.starts = {one.code: one for one in starts}
        labels = [(one.code, f"{one.on:%-d %B %Y}: {one.kind.began}") for one in starts]
        self.fields["begun"] = forms.ChoiceField(label="Since when", required=False, choices=labels)

    @property
    def start(self) -> Start:
        """The start asked about; the first of the case where the address names none of it."""
        self.full_clean()
        return self.starts.get(self.cleaned_data.get("begun", ""), next(iter(self.starts.values())))

    @property
    def rule(self) -> MatchRule:
        """The written rule with the number of weeks asked for."""
        self.full_clean()
        weeks = self.cleaned_data.get("weeks") or MatchRule.before
        return MatchRule(before=weeks, after=weeks)
