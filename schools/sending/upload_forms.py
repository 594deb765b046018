"""Reading the files that a person sends."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from schools.sending.sendings import MOST_FILES


class ManyFilesInput(forms.FileInput):
    """Lets a person choose several files at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One file or several, up to `most`: its value is a list."""

    widget = ManyFilesInput

    def __init__(self, *, most: int = MOST_FILES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def clean(self, data: Any, initial: Any = None) -> Any:
        single = super().clean
        found = [single(one, initial) for one in data] if data else [single(None, initial)]
        if len(found) > self.most:
            raise forms.ValidationError(f"Choose at most {self.most} files at once")
        return found


class UploadForm(GovForm):
    """One register file, or several."""

    file = ManyFilesField(
        label="The register file, or several",
        help_text="CSV, Excel (.xlsx or .xls), SIMS XML or a Common Transfer File, up to 100 MB.",
        allow_empty_file=True,  # an empty one is answered with its own sentence, as every bad file is
        max_length=255,
        error_messages={
            "required": "Choose the file to upload",
            "max_length": "The name of the file is too long: rename it and upload it again",
        },
    )
