"""Reading which queue a person asks for, and to whom a team leader gives cases."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from casework import queues
from casework.forms.cases import MemberField


class QueueForm(GovForm):
    """Which queue, and without contact for how many days; what makes no sense falls back and is never an error."""

    queue = forms.ChoiceField(
        choices=[(queue.code, queue.title) for queue in queues.QUEUES], required=False, widget=forms.HiddenInput
    )
    days = forms.TypedChoiceField(
        choices=[(days, f"{days} days") for days in queues.DAYS], coerce=int, empty_value=None, required=False
    )

    @property
    def wanted(self) -> tuple[queues.Queue, int]:
        """The queue and the days, whatever was asked."""
        self.is_valid()
        typed = self.cleaned_data
        queue = queues.BY_CODE.get(typed.get("queue", ""), queues.MINE)
        return queue, typed.get("days") or queues.DEFAULT_DAYS


class AllocateForm(GovForm):
    """Who holds the cases from now on."""

    holder = MemberField(
        label="Who should hold them?", queryset=None, error_messages={"required": "Choose who should hold them"}
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["holder"]
        field.queryset = people
