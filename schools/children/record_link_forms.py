"""Reading what people say of two records that may be one child."""

from __future__ import annotations

from django import forms

from attendance_portal.gov_forms import GovForm
from schools.models import PupilLink


def _reason(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text="For example, “The school confirmed it by telephone”. It stays beside the records.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say how you know"},
    )


class JudgeForm(GovForm):
    """Whether two records are one child."""

    verdict = forms.ChoiceField(
        label="Are these the same child?",
        choices=PupilLink.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether they are the same child"},
    )
    reason = _reason("How do you know?")
    option_hints = {
        "verdict": {
            PupilLink.Verdict.SAME: "Both records stay as they are and are read together. It can be taken back.",
            PupilLink.Verdict.NOT_THE_SAME: "The pair is not suggested again. It can be taken back.",
        }
    }


class TakeBackForm(GovForm):
    """Taking back what was said of two records."""

    reason = _reason("Why is it taken back?")
