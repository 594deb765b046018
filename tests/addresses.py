"""Every address of the portal, as the URL resolver knows them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver

from tests.sources import app_of


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern with its whole route, those of libraries too."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


def our_patterns(resolver: URLResolver) -> Iterator[tuple[str, URLPattern]]:
    """The patterns whose view is ours."""
    return ((route, entry) for route, entry in patterns(resolver) if app_of(entry.callback.__module__))
