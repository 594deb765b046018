"""How much a page reads of what is sent to it, by the stated length: Django reads nothing beyond that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from django.urls import Resolver404, resolve

# Bytes. Whoever is signed out only types; a register that is too large still gets its own sentence from its page.
MOST_SENT_SIGNED_OUT = 1_000_000
MOST_SENT = 500_000_000

View = TypeVar("View", bound=Callable[..., object])


def reads_at_most(size: int) -> Callable[[View], View]:
    """Mark a view that reads no more than `size` bytes of a request, by the length that the request states.

    Put it above or below `@requires`, which hands the mark on.
    """

    def mark(view: View) -> View:
        view.most_sent = size  # type: ignore[attr-defined]
        return view

    return mark


def too_large(request: HttpRequest) -> str:
    """The sentence for a request that states more bytes than are read of it; empty where it may be read.

    As its view says, else 500 MB; 1 MB of whoever is signed out.
    """
    stated = int(request.META.get("CONTENT_LENGTH") or 0)
    if not request.user.is_authenticated:
        sentence = "What was sent is too large, so it was not read. Sign in, and send a smaller file."
        return sentence if stated > MOST_SENT_SIGNED_OUT else ""
    most = _most_read(request.path_info) if stated > MOST_SENT_SIGNED_OUT else MOST_SENT
    size = f"{most // 1_000_000} MB, the most that this page takes"
    return f"What was sent is too large: it is larger than {size}, so it was not read." if stated > most else ""


def _most_read(address: str) -> int:
    try:
        return int(getattr(resolve(address).func, "most_sent", MOST_SENT))
    except Resolver404:
        return MOST_SENT
