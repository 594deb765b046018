"""Reading what people say about files that were sent without saying whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from attendance_portal.gov_forms import GovForm
from schools.models import School, SentFile

THROW_AWAY: Final = "throw-away"


class PlaceForm(GovForm):
    """For each file: its school, or away with it. What is left open stays."""

    def __init__(self, *args: Any, sent: Sequence[SentFile], schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent, self.schools = list(sent), {school.urn: school for school in schools}
        offered = [(school.urn, f"{school} ({school.urn})") for school in schools]
        for file in self.sent:
            self.fields[f"file{file.pk}"] = forms.ChoiceField(
                label=file.file_name,
                help_text=file.why,
                choices=[("", "Choose a school"), *offered, (THROW_AWAY, "Throw this file away")],
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.answers:
            self.add_error(None, "Choose a school for at least one file")
        return self.cleaned_data

    @property
    def answers(self) -> list[tuple[SentFile, str]]:
        """The files about which something was said, with what: a URN, or THROW_AWAY."""
        said = ((file, self.cleaned_data.get(f"file{file.pk}", "")) for file in self.sent)
        return [(file, answer) for file, answer in said if answer]
