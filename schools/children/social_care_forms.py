"""Reading what people send and say about social care's lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from attendance_portal.gov_forms import GovForm
from schools.models import Pupil, SocialCareLine

MOST_BYTES: Final = 10_000_000
NOBODY: Final = "nobody"


class CareListForm(GovForm):
    """One list as a file."""

    file = forms.FileField(
        label="The list of social care",
        help_text="A CSV file or an Excel workbook with the columns UPN, Surname, Forename, Date of birth, Status "
        "(CiN, CP, looked after or previously), Social worker, Social worker e-mail, From and To.",
        error_messages={"required": "Choose the file to send", "empty": "The file is empty"},
    )

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if sent.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB. Send it in parts")
        return sent


class CareLinesFilter(GovForm):
    """Which lines of a list are shown."""

    state = forms.ChoiceField(label="What became of it", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "All"), *SocialCareLine.State.choices]

    @property
    def wanted(self) -> str:
        return str(self.cleaned_data.get("state", "")) if self.is_valid() else ""


class SettleLineForm(GovForm):
    """Which child an uncertain line means."""

    child = forms.ChoiceField(
        label="Which child is meant?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the child, or none of these"},
    )

    def __init__(self, *args: Any, children: Sequence[Pupil], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["child"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.pk), _child(one)) for one in children] + [(NOBODY, "None of these: set it aside")]

    @property
    def chosen(self) -> str | None:
        chosen = self.cleaned_data["child"]
        return None if chosen == NOBODY else str(chosen)


def _child(pupil: Pupil) -> str:
    born = f"born {pupil.date_of_birth:%-d %B %Y}" if pupil.date_of_birth else "date of birth not held"
    return f"{pupil}, {born}, UPN {pupil.upn or 'not held'}"
