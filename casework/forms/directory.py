"""Reading what a person types about a service of the directory, and who answers for it."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from casework.barriers import Taxonomy
from casework.directory import Wanted
from casework.forms.begun import BegunForm
from casework.forms.cases import MemberField
from casework.models import Service

EVERYWHERE = ("", "Everywhere")


class ServiceFilter(GovForm):
    """What the directory is narrowed to."""

    q = forms.CharField(label="Words", help_text="In the name or the offer", required=False, max_length=100)
    barrier = forms.ChoiceField(label="Barrier", required=False)
    area = forms.ChoiceField(label="Area", required=False)
    phase = forms.ChoiceField(label="Pupils of", required=False, choices=[("", "All"), *Service.Phase.choices])
    ended = forms.ChoiceField(label="Show", required=False, choices=[("", "Offered now"), ("1", "Ended")])

    def __init__(self, *args: Any, known: Taxonomy, areas: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["barrier"].choices = [("", "All"), *known.grouped()]
        fields["area"].choices = [("", "All"), *((one, one) for one in areas)]

    @property
    def wanted(self) -> Wanted:
        """What was chosen; what makes no sense narrows nothing."""
        self.is_valid()
        return Wanted(**{name: self.cleaned_data.get(name, "") for name in self.fields})


class ServiceForm(BegunForm):
    """What the directory says of a service."""

    name = forms.CharField(
        label="Name of the service", max_length=150, error_messages={"required": "Enter the name of the service"}
    )
    offers = forms.CharField(
        label="What it offers",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter what it offers"},
    )
    for_whom = forms.CharField(
        label="For whom", help_text="For example, families with a child under 11", max_length=300, required=False
    )
    phases = forms.MultipleChoiceField(
        label="For pupils of which phase",
        help_text="Tick none for every phase",
        choices=Service.Phase.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    area = forms.ChoiceField(label="Area", required=False)
    barriers = forms.MultipleChoiceField(
        label="Which barriers may it help with?",
        help_text="It is suggested where one of these stands in a child's way",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    how_to_refer = forms.CharField(
        label="How to refer",
        help_text="Where a referral is not made in the portal, or for what it needs",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    contact_name = forms.CharField(label="Contact", max_length=150, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    telephone = forms.CharField(label="Telephone", max_length=40, required=False)
    takes_referrals = forms.BooleanField(
        label="Children can be referred to it in the portal, once somebody there answers for it", required=False
    )

    def __init__(self, *args: Any, known: Taxonomy, areas: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.initial.get("barriers", [])
        kept = self.initial.get("area", "")
        fields: Any = self.fields
        fields["barriers"].choices = [choice for _, group in known.grouped(held) for choice in group]
        places = areas if not kept or kept in areas else [*areas, kept]
        fields["area"].choices = [EVERYWHERE, *((one, one) for one in places)]


class ServiceMemberForm(GovForm):
    """Somebody who is to answer for a service."""

    person = MemberField(
        label="Who reads and answers its referrals?",
        queryset=None,
        error_messages={"required": "Choose a person", "invalid_choice": "Choose a person from the list"},
    )
    is_duty = forms.BooleanField(label="They are on duty: they hold the cases that come of referrals", required=False)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["person"]
        field.queryset = people
