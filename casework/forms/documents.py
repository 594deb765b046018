"""Reading the documents that a person sends."""

from __future__ import annotations

from typing import Final

from attendance_portal.gov_forms import GovForm
from casework.file_kinds import TAKEN
from casework.kept_documents import MOST_BYTES, MOST_FILES, MOST_SENT
from schools.sending.upload_forms import ManyFilesField

_MB: Final = 1_000_000
_LIMITS: Final = f"Up to {MOST_FILES} at once, each up to {MOST_BYTES // _MB} MB, together up to {MOST_SENT // _MB} MB."


class DocumentsForm(GovForm):
    """One document, or several."""

    documents = ManyFilesField(
        label="The document, or several",
        help_text=f"{TAKEN} {_LIMITS}",
        most=MOST_FILES,
        allow_empty_file=True,  # an empty one is answered with its own sentence, as every bad file is
        max_length=255,
        error_messages={
            "required": "Choose the document",
            "max_length": "The name of the document is too long: rename it and send it again",
        },
    )
