"""Reading what a list of pupils is narrowed by."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from schools import lists
from schools.models import Circumstance, School
from schools.standing import categories


class PupilFilter(GovForm):
    """What a list of pupils is narrowed to. What makes no sense narrows nothing."""

    q = forms.CharField(label="Name, UPN or number", required=False, max_length=150)
    band = forms.ChoiceField(label="Absence category", required=False)
    absence = forms.ChoiceField(label="National definition", required=False)
    year_group = forms.ChoiceField(label="Year group", required=False)
    reg_group = forms.ChoiceField(label="Registration group", required=False)
    cohort = forms.ChoiceField(label="Cohort", required=False)
    roll = forms.ChoiceField(label="On roll", required=False)

    def __init__(self, query: Any, *, school: School | None) -> None:
        super().__init__(query)
        offered = {
            "band": categories.choices(),
            "absence": lists.ABSENCE,
            "year_group": lists.year_group_choices(school),
            "reg_group": lists.reg_group_choices(school) if school else [],
            "cohort": Circumstance.Kind.choices,
        }
        for name, choices in offered.items():
            self.choice(name).choices = [("", "All"), *choices]
        self.choice("roll").choices = [("", "On roll now"), *lists.ROLL]
        if school is None:
            del self.fields["reg_group"]

    def choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    @property
    def wanted(self) -> lists.Wanted:
        self.is_valid()
        return lists.Wanted(**self.cleaned_data)
