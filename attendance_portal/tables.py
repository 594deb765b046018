"""Lists a person can sort, page through and download: the part of a table that is not its cells.

The state of a list is its address (`?sort=-percent&page=2&band=5`), so every list works without scripts,
can be bookmarked and comes back with the browser's back button.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

SORT, PAGE, FORMAT, CSV = "sort", "page", "format", "csv"
PAGE_SIZE = 50


@dataclass(frozen=True)
class Column:
    """A column of a list. `order` names the fields it sorts by, empty when it cannot be sorted by."""

    name: str
    label: str
    order: tuple[str, ...] = ()
    numeric: bool = False
    hidden_label: bool = False


@dataclass(frozen=True)
class Heading:
    """A column heading as shown: where its link goes, and what it says to assistive technology."""

    label: str
    href: str
    direction: str
    numeric: bool
    hidden_label: bool


def reverse_order(field: str) -> str:
    """The same field the other way round: `name` and `-name`."""
    return field[1:] if field.startswith("-") else f"-{field}"


def sorted_rows(rows: Any, order: Sequence[str]) -> Any:
    """`rows` in this order: by SQL for a queryset (primary key last, so that pages never overlap), else in
    memory by attribute, empty values last."""
    if isinstance(rows, QuerySet):
        return rows.order_by(*order, "pk") if order else rows
    if not order and isinstance(rows, Sequence):
        return rows
    result = list(rows)
    for field in reversed(order):
        value = attrgetter(field.lstrip("-").replace("__", "."))
        filled = [row for row in result if value(row) is not None]
        filled.sort(key=value, reverse=field.startswith("-"))
        result = filled + [row for row in result if value(row) is None]
    return result


class Listing:
    """One page of a queryset (or of a sequence), sorted and addressed by the query string of its page.

    `noun` is the singular and plural of what is listed; `sort` the column it is sorted by until a person says
    otherwise (`-name` for downwards). Two queries whatever the size: one counts, one fetches the page.
    A query string that makes no sense (an unknown column, page 999) falls back and is never an error.
    """

    def __init__(
        self,
        rows: Any,
        columns: Iterable[Column],
        query: QueryDict,
        *,
        noun: tuple[str, str] = ("row", "rows"),
        sort: str = "",
        page_size: int = PAGE_SIZE,
        downloads: bool = True,
    ) -> None:
        self.columns = tuple(columns)
        self.query = query
        self.noun = noun
        self.sort = self._known(query.get(SORT, "")) or sort
        self.page_size = page_size
        self.downloads = downloads
        self.everything = sorted_rows(rows, self._order())

    def _known(self, asked: str) -> str:
        names = {column.name for column in self.columns if column.order}
        return asked if asked.removeprefix("-") in names else ""

    def _order(self) -> list[str]:
        downwards, name = self.sort.startswith("-"), self.sort.removeprefix("-")
        order = next((column.order for column in self.columns if column.name == name), ())
        return [reverse_order(field) if downwards else field for field in order]

    @cached_property
    def page(self) -> Page[Any]:
        """The page asked for; the first or last one when there is no such page."""
        return Paginator(self.everything, self.page_size).get_page(self.query.get(PAGE))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.page.object_list)

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter was chosen: an empty list then says to take it away."""
        return any(value for name, value in self.query.items() if name not in (PAGE, SORT, FORMAT))

    @property
    def wants_csv(self) -> bool:
        """Whether the person asked for the whole list as a file: the view answers with `csv_response`."""
        return self.downloads and self.query.get(FORMAT) == CSV

    def address(self, **changes: str | int | None) -> str:
        """The query string of this list with these changes; `None` takes a parameter away."""
        query = self.query.copy()
        query.pop(FORMAT, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = str(value)
        return f"?{query.urlencode()}"

    @property
    def csv_address(self) -> str:
        return self.address(**{FORMAT: CSV, PAGE: None})

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.columns]

    def _heading(self, column: Column) -> Heading:
        current = self.sort.removeprefix("-") == column.name
        downwards = self.sort.startswith("-")
        following = f"-{column.name}" if current and not downwards else column.name
        href = self.address(**{SORT: following, PAGE: None}) if column.order else ""
        direction = ("descending" if downwards else "ascending") if current else "none"
        return Heading(column.label, href, direction, column.numeric, column.hidden_label)

    @property
    def sentence(self) -> str:
        """How many there are and which are shown: “51 to 100 of 8,012 pupils”."""
        if not self.total:
            return f"No {self.noun[1]}"
        word = self.noun[0] if self.total == 1 else self.noun[1]
        if self.page.paginator.num_pages == 1:
            return f"{self.total:,} {word}"
        return f"{self.page.start_index():,} to {self.page.end_index():,} of {self.total:,} {word}"

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The numbered links under the list; a gap has no number."""
        paginator = self.page.paginator
        numbers = paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1)
        return [
            {
                "number": number,
                "href": self.address(page=number),
                "current": number == self.page.number,
            }
            if isinstance(number, int)
            else {}
            for number in numbers
        ]

    @property
    def previous_address(self) -> str:
        return self.address(page=self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next_address(self) -> str:
        return self.address(page=self.page.number + 1) if self.page.has_next() else ""

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a filter form must carry along so that filtering keeps the order."""
        return [(SORT, str(self.query[SORT]))] if self.query.get(SORT) else []
