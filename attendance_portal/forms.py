"""What people type when they sign in, take up an invitation or change their account."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as second_factor
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovForm, GovFormMixin
from attendance_portal.models import User
from attendance_portal.sign_in import record_sign_in


class OfAllauth(GovFormMixin):
    """A form of allauth in our markup: without placeholders, with our labels and hints."""

    labels: ClassVar[dict[str, str]] = {}
    hints: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs.pop("autofocus", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")


class SignInForm(OfAllauth, account.LoginForm):  # type: ignore[misc]  # allauth ships no types
    labels: ClassVar = {"login": "Email address", "password": "Password"}


class AskForNewPasswordForm(OfAllauth, account.ResetPasswordForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"email": "Email address"}


NEW_PASSWORD = (
    "At least 12 characters. Three words that do not belong together are good. Not a password that many use, "
    "not digits alone, and nothing like your name or email address."
)


class NewPasswordForm(OfAllauth, account.ResetPasswordKeyForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"password1": "New password", "password2": "New password again"}
    hints: ClassVar = {"password1": NEW_PASSWORD}


class ChangePasswordForm(OfAllauth, account.ChangePasswordForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"oldpassword": "Current password", **NewPasswordForm.labels}
    hints: ClassVar = {"password1": NEW_PASSWORD}


class SetPasswordForm(OfAllauth, account.SetPasswordForm):  # type: ignore[misc]  # as above
    labels: ClassVar = NewPasswordForm.labels
    hints: ClassVar = {"password1": NEW_PASSWORD}


class ConfirmPasswordForm(OfAllauth, account.ReauthenticateForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"password": "Password"}


class WrongCodesRecorded(OfAllauth):
    """A code from the app or a recovery code; a wrong one is recorded as a wrong password is."""

    labels: ClassVar = {"code": "Code"}
    hints: ClassVar = {"code": "The 6 digits that your authenticator app shows now, or one of your recovery codes."}

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # of the form mixed in
        except ValidationError:
            user: User = self.user  # type: ignore[attr-defined]  # of the form mixed in
            record_sign_in(context.request, user.email, "wrong second factor", user_id=user.pk)
            raise
        return code


class SecondFactorForm(WrongCodesRecorded, second_factor.AuthenticateForm):  # type: ignore[misc]  # as above
    pass


class ConfirmSecondFactorForm(WrongCodesRecorded, second_factor.ReauthenticateForm):  # type: ignore[misc]
    pass


class SetUpAppForm(OfAllauth, ActivateTOTPForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"code": "Code from the app"}
    hints: ClassVar = {"code": "The 6 digits that the app shows now."}


class RemoveAppForm(OfAllauth, DeactivateTOTPForm):  # type: ignore[misc]  # as above
    pass


class NewRecoveryCodesForm(OfAllauth, GenerateRecoveryCodesForm):  # type: ignore[misc]  # as above
    pass


class AddPasskeyForm(OfAllauth, AddWebAuthnForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"name": "Name", "passwordless": "Let it replace my password too (a passkey)"}
    hints: ClassVar = {"name": "So that you can tell it from another, for example: work laptop."}


class RenamePasskeyForm(OfAllauth, EditWebAuthnForm):  # type: ignore[misc]  # as above
    labels: ClassVar = {"name": "Name"}


class PasskeyForm(OfAllauth, AuthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    pass


class ConfirmPasskeyForm(OfAllauth, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    pass


class AcceptInvitationForm(GovForm):
    """What a new person types to take up an invitation. `cleaned_data`: name, password."""

    name = forms.CharField(
        label="Your name",
        max_length=150,
        help_text="As colleagues and schools know you. It appears on minutes and letters.",
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
        error_messages={"required": "Enter your name"},
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text=NEW_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter a password"},
    )
    again = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter the password again"},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, initial={"name": user.name}, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        password = cleaned.get("password")
        if password and cleaned.get("again") and password != cleaned["again"]:
            self.add_error("again", "The two passwords are not the same")
        if password:
            self.user.name = cleaned.get("name", "")
            try:
                validate_password(password, self.user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class AccountForm(GovForm):
    """A person's own name and telephone. `cleaned_data`: name, telephone."""

    name = forms.CharField(label="Name", max_length=150, error_messages={"required": "Enter your name"})
    telephone = forms.CharField(
        label="Telephone",
        max_length=40,
        required=False,
        help_text="Shown to the people you arrange meetings with.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
