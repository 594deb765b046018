"""Secrets of other services kept at rest: sealed with a key derived from the installation's own, opened only to use."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"attendance portal: secrets of other services"


class CannotBeOpened(ValueError):
    """The secret was sealed with another key: the key of the installation was changed without keeping the old one."""


class Secret:
    """A secret in use. It is told to nobody: neither printed, nor formatted, nor kept by a picture of the stack."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not written anywhere.")

    def reveal(self) -> str:
        """The secret itself, for the header of a request."""
        return self._value


def seal(secret: Secret) -> bytes:
    """The secret as it may be stored."""
    return _keys().encrypt(secret.reveal().encode())


def unseal(sealed: bytes | memoryview) -> Secret:
    """The secret of what `seal` made, under the present key or a former one. Raises CannotBeOpened."""
    try:
        return Secret(_keys().decrypt(bytes(sealed)).decode())
    except InvalidToken:
        raise CannotBeOpened("The secret was sealed with another key.") from None


def _keys() -> MultiFernet:
    """The present key first, then those under which a secret may have been sealed before."""
    keys = dict.fromkeys([settings.SEALING_KEY, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
