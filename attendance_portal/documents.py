"""Templates under `templates/documents/` as tagged PDF files (PDF/UA-1)."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.template.loader import render_to_string
from weasyprint import HTML
from weasyprint.urls import URLFetcher


def _as_it_is(html: str) -> str:
    return html


last_look: ContextVar[Callable[[str], str]] = ContextVar("last_look", default=_as_it_is)
"""What is done with a document's HTML before it is printed: not everyone may be told all that stands in it."""


def pdf(template: str, context: dict[str, Any]) -> bytes:
    """The bytes of a tagged PDF. `context["title"]` becomes its title; the same context gives the same bytes,
    so that a frozen document can be checked against what was sent.

    A document holds all it needs: it may fetch no address and open no file, since text a person typed could
    name one.
    """
    html = last_look.get()(render_to_string(template, context))
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    document = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"]))
    with _collecting_later():
        return bytes(document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier, pdf_tags=True))


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Without the collector of cycles: it would walk the growing tree of boxes over and over, a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
