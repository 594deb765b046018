"""Pages, files and documents as they may be read: no text in them tells where a restricted child lives.

One mechanism for whatever an app shows, at its addresses: it looks at what was rendered, so that a new page, part or
column cannot forget to ask. What a child's chronology withholds, every page with these words withholds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, wraps
from html import escape, unescape
from typing import Any, Final
from urllib.parse import unquote

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from attendance_portal.csv_export import BYTE_ORDER_MARK
from attendance_portal.documents import last_look
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.withheld_words import WITHHELD, Withholding, withholding_now
from schools.children.families import homes_hidden_from
from schools.children.told_homes import Home, told_among

_NOT_WRITTEN: Final = (
    "Some of these words are not shown to you, so they were not changed. Add what you have to say in a new entry."
)
# What a person reads in HTML: the text between two tags, where a new line is no tag, and what stands in a box or
# behind a link.
_LINE: Final = re.compile(r"<br ?/?>")
_TEXT: Final = re.compile(rf'(?<=>)[^<>]+(?:{_LINE.pattern}[^<>]*)*(?=<)|(?<==")[^"<>]+(?=")')
# What a choice sends is not read: put another word there, and it chooses nothing.
_CHOICE: Final = re.compile(r'<(?:option\b|input\b(?=[^<>]*\btype="(?:radio|checkbox|hidden)"))[^<>]*$')

View = Callable[..., HttpResponse]


class KeptHomes:
    """The homes that one member may not be told, asked for once, where there is something to read. One query."""

    def __init__(self, member: Membership) -> None:
        self.member = member

    @cached_property
    def homes(self) -> Sequence[Home]:
        return homes_hidden_from(self.member)

    def are_told_by(self, words: str) -> bool:
        """Whether these words tell one."""
        return bool(words) and bool(told_among(self.homes, [words]))

    def of_page(self, html: str) -> str:
        """The page, with each text that tells a home replaced by `WITHHELD`."""
        if not self.homes:
            return html
        found = [one for one in _TEXT.finditer(html) if not _is_sent_by_a_choice(html, one.start())]
        told = told_among(self.homes, [unescape(_LINE.sub("\n", one[0])) for one in found])
        parts, at = [], 0
        for place in sorted(told):
            parts += [html[at : found[place].start()], escape(WITHHELD)]
            at = found[place].end()
        return "".join([*parts, html[at:]])

    def of_file(self, text: str) -> str:
        """The same of a CSV file and its cells."""
        if not self.homes:
            return text
        rows = list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
        told = told_among(self.homes, [cell for row in rows for cell in row])
        if not told:
            return text
        cells = iter(range(sum(map(len, rows))))
        out = io.StringIO()
        csv.writer(out).writerows([WITHHELD if next(cells) in told else cell for cell in row] for row in rows)
        return BYTE_ORDER_MARK + out.getvalue()


def _is_sent_by_a_choice(html: str, at: int) -> bool:
    return html.endswith('value="', 0, at) and bool(_CHOICE.match(html[html.rfind("<", 0, at) : html.find(">", at)]))


def withholding(view: View) -> View:
    """The view, whose pages, files and documents tell no home that the member may not know.

    A form puts words that were withheld back as they stood (`withheld_words`). Where the sentence comes back and no
    form has seen to it, nothing is written: refused.
    """

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        member: Membership | None = getattr(request, "member", None)
        if member is None:
            return view(request, *args, **kwargs)
        kept = KeptHomes(member)
        now = Withholding(kept.are_told_by)
        page, words = last_look.set(kept.of_page), withholding_now.set(now)
        try:
            answer = _answered(view, now, request, *args, **kwargs)
        finally:
            last_look.reset(page)
            withholding_now.reset(words)
        return _as_read(answer, kept)

    return asked


def _answered(view: View, now: Withholding, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    sent_back = {name for name, values in request.POST.lists() if any(WITHHELD in typed for typed in values)}
    if not sent_back:
        return view(request, *args, **kwargs)
    with transaction.atomic():
        answer = view(request, *args, **kwargs)
        if sent_back - now.seen_to:
            raise Refused(_NOT_WRITTEN)
    return answer


def _as_read(answer: HttpResponse, kept: KeptHomes) -> HttpResponse:
    if kept.are_told_by(unquote(answer.get("Content-Disposition", ""))):
        answer["Content-Disposition"] = "attachment"
    kind = answer.get("Content-Type", "").partition(";")[0]
    shown = {"text/html": kept.of_page, "text/csv": kept.of_file}.get(kind)
    if shown and answer.content:
        answer.content = shown(answer.content.decode()).encode()
    return answer


def all_withholding(patterns: Iterable[URLPattern]) -> list[URLPattern]:
    """Every address of an app, each view `withholding`."""
    patterns = list(patterns)
    for pattern in patterns:
        pattern.callback = withholding(pattern.callback)
    return patterns
