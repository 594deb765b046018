"""Pages, files and documents as they may be read: no text in them tells where a restricted child lives.

One mechanism for whatever an app shows, at its addresses: it looks at what was rendered, so that a new page, part or
column cannot forget to ask. What a child's chronology withholds, every page with these words withholds. What the
reader typed a moment ago stays in its box: it tells them nothing, and is theirs to mend and send.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial, wraps
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
_BOX: Final = re.compile(r'<(?:textarea\b[^<>]*>|input\b[^<>]*\bvalue=")')
# A list's link to itself (its next page, another order) repeats what was asked of it, and nothing else.
_TO_ITSELF: Final = ' href="?'

View = Callable[..., HttpResponse]
Typed = Callable[[str], bool]


def _not_typed(words: str) -> bool:
    return False


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

    def of_page(self, html: str, was_typed: Typed = _not_typed) -> str:
        """The page, with each text that tells a home replaced by `WITHHELD`; `was_typed`: what stays in a box."""
        if not self.homes:
            return html
        found = list(_TEXT.finditer(html))
        told = told_among(self.homes, [unescape(_LINE.sub("\n", one[0])) for one in found])
        parts, at = [], 0
        for text in (found[place] for place in sorted(told)):
            if not _stays(html, text, was_typed):
                parts += [html[at : text.start()], escape(WITHHELD)]
                at = text.end()
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


def _stays(html: str, text: re.Match[str], was_typed: Typed) -> bool:
    """Whether a text stays though it tells a home: in a link of a list to itself, a choice, or a box typed in."""
    at = text.start()
    if html.startswith(_TO_ITSELF, at - len(_TO_ITSELF) + 1) or _is_sent_by_a_choice(html, at):
        return True
    return bool(_BOX.fullmatch(html, html.rfind("<", 0, at), at)) and was_typed(unescape(text[0]))


def _is_sent_by_a_choice(html: str, at: int) -> bool:
    return html.endswith('value="', 0, at) and bool(_CHOICE.match(html[html.rfind("<", 0, at) : html.find(">", at)]))


@contextmanager
def printing_for(member: Membership) -> Iterator[None]:
    """A document that is made here tells no home that the member may not know: also of a worker, who has no page."""
    before = last_look.set(KeptHomes(member).of_page)
    try:
        yield
    finally:
        last_look.reset(before)


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
        return _as_read(answer, kept, partial(_came_with, request))

    return asked


def withholding_but_boxes(view: View) -> View:
    """The view, whose page tells no such home but in its boxes: they hold what several people write together."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        member: Membership | None = getattr(request, "member", None)
        answer = view(request, *args, **kwargs)
        return answer if member is None else _as_read(answer, KeptHomes(member), lambda typed: True)

    return asked


def _came_with(request: HttpRequest, words: str) -> bool:
    """Whether whoever asks sent these words just now; new lines come back in other ways."""
    sent = [one for told in (request.GET, request.POST) for _, values in told.lists() for one in values]
    return words.split() in [one.split() for one in sent]


def _answered(view: View, now: Withholding, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    sent_back = {name for name, values in request.POST.lists() if any(WITHHELD in typed for typed in values)}
    if not sent_back:
        return view(request, *args, **kwargs)
    with transaction.atomic():
        answer = view(request, *args, **kwargs)
        if sent_back - now.seen_to:
            raise Refused(_NOT_WRITTEN)
    return answer


def _as_read(answer: HttpResponse, kept: KeptHomes, was_typed: Typed) -> HttpResponse:
    if kept.are_told_by(unquote(answer.get("Content-Disposition", ""))):
        answer["Content-Disposition"] = "attachment"
    kind = answer.get("Content-Type", "").partition(";")[0]
    readers: dict[str, Callable[[str], str]] = {
        "text/html": partial(kept.of_page, was_typed=was_typed),
        "text/csv": kept.of_file,
    }
    if kind in readers and answer.content:
        answer.content = readers[kind](answer.content.decode()).encode()
    return answer


def all_withholding(patterns: Iterable[URLPattern], how: Callable[[View], View] = withholding) -> list[URLPattern]:
    """Every address of an app, each view `withholding`."""
    patterns = list(patterns)
    for pattern in patterns:
        pattern.callback = how(pattern.callback)
    return patterns
