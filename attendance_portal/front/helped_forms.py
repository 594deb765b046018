"""What is asked of every kind of support over the authority."""

from __future__ import annotations

from typing import ClassVar, Final
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from attendance_portal.days import year_label
from attendance_portal.gov_forms import GovForm
from casework.helped.kinds import KINDS
from casework.helped.matching import MatchRule
from casework.helped.words import SPANS

YEARS_OFFERED: Final = 3


class HelpedOverviewForm(GovForm):
    """Of which year, of what kind of support, over how many school weeks. What makes no sense falls back."""

    year_begun = forms.TypedChoiceField(label="Began in", coerce=int, required=False)
    of_kind = forms.ChoiceField(label="Support", choices=[(kind.code, kind.label) for kind in KINDS], required=False)
    over = forms.TypedChoiceField(
        label="Before and after",
        choices=[(span, f"{span} school weeks") for span in SPANS],
        coerce=int,
        required=False,
    )

    small: ClassVar = ("year_begun", "of_kind", "over")

    def __init__(self, query: QueryDict, *, year: int) -> None:
        asked = {name: query[name] for name in ("year_begun", "of_kind", "over") if name in query}
        super().__init__({"year_begun": year, "of_kind": KINDS[0].code, "over": MatchRule.before, **asked})
        years = [(one, year_label(one)) for one in range(year, year - YEARS_OFFERED, -1)]
        self.fields["year_begun"] = forms.TypedChoiceField(label="Began in", choices=years, coerce=int, required=False)
        self.full_clean()
        self.year: int = self.cleaned_data.get("year_begun") or year
        self.kind: str = self.cleaned_data.get("of_kind") or KINDS[0].code
        self.weeks: int = self.cleaned_data.get("over") or MatchRule.before

    def address(self, **changes: str) -> str:
        """The query string of this question, with these changes."""
        return "?" + urlencode({"year_begun": self.year, "of_kind": self.kind, "over": self.weeks, **changes})
