"""Reading what is typed about schools' systems: a token, and which school one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from attendance_portal.sealing import Secret
from schools.models import School


class TokenForm(GovForm):
    """The token. It is never put back into the page, not even where it is refused."""

    token = forms.CharField(
        label="Access token",
        help_text="From your Wonde account. It is kept encrypted and is not shown again.",
        max_length=400,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Enter the token", "max_length": "The token is too long to be one"},
    )

    def clean_token(self) -> Secret:
        token: str = self.cleaned_data["token"].strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise forms.ValidationError("The token has a space or a character that no token has: copy it again")
        return Secret(token)


class WhichSchoolForm(GovForm):
    """Which school of the portal a school of the source is."""

    school = forms.ChoiceField(label="School", error_messages={"required": "Choose the school"})

    def __init__(self, *args: Any, schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose a school"), *((one.urn, f"{one} (URN {one.urn})") for one in schools)]
