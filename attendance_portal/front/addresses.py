"""Addresses of pages by name, for lists that are made outside a template."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode


def address(url_name: str, *args: Any, **query: str) -> str:
    """The address of a page with its query string; empty when this installation has no such page."""
    try:
        found = reverse(url_name, args=args)
    except NoReverseMatch:
        return ""
    return f"{found}?{urlencode(query)}" if query else found
