"""Lists a page at a time: each page ends with a cursor that says where the next one begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError as NoSuchKey
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

MOST: Final = 500
USUAL: Final = 100
_BAD_CURSOR: Final = "This is no cursor of this list. Begin without one, and go on with the one of each answer."


@dataclass(frozen=True)
class Page:
    """The rows of one page, and the cursor of the next; None where there is none."""

    rows: list[Any]
    cursor: str | None
    address: str | None


def page_of(rows: QuerySet[Any], request: Request, asked: dict[str, Any]) -> Page:
    """The page that `cursor` and `page_size` ask for, in the order of the rows' own keys, which never changes.

    Whoever reads page after page meets every row that is there throughout exactly once. Raises ValidationError.
    """
    size, after = asked.get("page_size") or USUAL, asked.get("cursor")
    ordered = rows.order_by("pk")
    if after:
        ordered = ordered.filter(pk__gt=_key_in(after, rows.model._meta.pk.to_python))
    found = list(ordered[: size + 1])
    if len(found) <= size:
        return Page(found, None, None)
    cursor = _cursor_of(found[size - 1].pk)
    query = request._request.GET.copy()
    query["cursor"] = cursor
    return Page(found[:size], cursor, f"{request._request.path}?{query.urlencode()}")


def _cursor_of(key: object) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def _key_in(cursor: str, read: Callable[[str], Any]) -> Any:
    """The key that a cursor holds."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        key = read(text)
    except (ValueError, binascii.Error, NoSuchKey):
        key = None
    is_ours = key is not None and _cursor_of(key) == cursor
    if not is_ours or (isinstance(key, int) and not 0 <= key < 2**63):
        raise ValidationError({"cursor": _BAD_CURSOR})
    return key
