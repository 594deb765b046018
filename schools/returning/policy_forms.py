"""Reading what an authority asks of its schools' returns, and the words in which it is shown."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from schools.models import ReturnPolicy
from schools.returning.policy import LEAST_DAYS, MOST_DAYS

_SENTENCE: Final = f"Enter a number of days from {LEAST_DAYS} to {MOST_DAYS}"
HEADINGS: Final = ["From", "New pupils within", "First-day joiners", "Final year", "Attendance within", "Chosen by"]


class PolicyForm(GovForm):
    """What the authority may choose, from a day on."""

    from_on = GovDateField(
        label="From which day on?",
        help_text="Today or later. What became due before stays as it was asked then.",
        error_messages={"required": "Enter the day from which this is asked"},
    )
    in_school_days = forms.ChoiceField(
        label="New pupil returns: how are the five days counted?",
        choices=[("", "Calendar days"), ("1", "School days")],
        required=False,
        widget=forms.RadioSelect,
    )
    asks_for_first_day_joiners = forms.BooleanField(
        label="Ask for children who join the youngest class on the first day of the year",
        help_text="The law leaves them out unless the authority asks.",
        required=False,
    )
    asks_for_final_year = forms.BooleanField(
        label="Ask for children who have finished the school’s final year",
        help_text="The law leaves them out unless the authority asks.",
        required=False,
    )
    attendance_days = forms.IntegerField(
        label="Attendance returns: within how many days are they sent?",
        help_text="After ten school days in a row without authority. The law leaves it to agreement.",
        min_value=LEAST_DAYS,
        max_value=MOST_DAYS,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _SENTENCE),
    )

    small = ("attendance_days",)

    def clean_in_school_days(self) -> bool:
        return bool(self.cleaned_data["in_school_days"])


def choice_of(policy: ReturnPolicy) -> dict[str, Any]:
    """The present choice, as the form begins with it."""
    return {
        "in_school_days": "1" if policy.in_school_days else "",
        "asks_for_first_day_joiners": policy.asks_for_first_day_joiners,
        "asks_for_final_year": policy.asks_for_final_year,
        "attendance_days": policy.attendance_days,
    }


def words_of(policy: ReturnPolicy) -> list[str]:
    """The choice in words, in the order of HEADINGS without its first and last."""
    return [
        "five school days" if policy.in_school_days else "five calendar days",
        "asked for" if policy.asks_for_first_day_joiners else "not asked for",
        "asked for" if policy.asks_for_final_year else "not asked for",
        f"{policy.attendance_days} day{'' if policy.attendance_days == 1 else 's'}",
    ]
