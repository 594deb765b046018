"""Lists: sorting, paging, counting and their addresses."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.http import QueryDict
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from attendance_portal.tables import Column, Listing
from tests.attendance_portal import gallery


def test_a_list_is_sorted_by_the_column_its_address_names() -> None:
    assert [pupil.missed for pupil in gallery.listing("sort=-missed")][:2] == [151, 151]
    assert [pupil.missed for pupil in gallery.listing("sort=missed")][:2] == [3, 3]


def test_an_address_that_makes_no_sense_falls_back() -> None:
    listing = gallery.listing("sort=password&page=999")
    assert listing.sort == ""
    assert listing.page.number == 16
    assert gallery.listing("page=x").page.number == 1


def test_a_heading_turns_its_order_round_keeps_the_filters_and_goes_to_the_first_page() -> None:
    name, *_, trend = gallery.listing("sort=name&page=3&band=5").headings
    assert name.direction == "ascending"
    assert name.href == "?band=5&sort=-name"
    assert trend.href == ""


def test_the_sentence_says_how_many_there_are_and_which_are_shown() -> None:
    assert gallery.listing("page=2").sentence == "9 to 16 of 124 pupils"
    assert gallery.listing(count=1).sentence == "1 pupil"
    assert gallery.listing(count=0).sentence == "No pupils"


def test_the_download_is_of_the_whole_list_as_filtered_and_sorted() -> None:
    listing = gallery.listing("sort=name&page=3&band=5")
    assert listing.csv_address == "?sort=name&band=5&format=csv"
    assert not listing.wants_csv
    download = gallery.listing("format=csv")
    assert download.wants_csv
    assert len(download.everything) == 124
    assert "format" not in download.address(page=2)


def test_a_list_offers_its_download_only_where_the_page_says_that_it_may() -> None:
    page = Template("{% load portal %}{% listing pupils caption='Pupils' %}{% endlisting %}")
    for may_export in ({}, {"may_export": False}, {"may_export": True}):
        shown = page.render(Context({"pupils": gallery.listing(), **may_export}))
        assert ("format=csv" in shown) is may_export.get("may_export", False)


def test_rows_without_a_value_come_last_both_ways() -> None:
    rows = gallery.pupils(3)
    rows[1].missed = None
    for sort in ("missed", "-missed"):
        listing = Listing(rows, [Column("missed", "Missed", ("missed",))], QueryDict(f"sort={sort}"))
        assert list(listing)[-1].missed is None


@pytest.mark.django_db
@pytest.mark.parametrize("size", [3, 50])
def test_a_page_takes_two_queries_whatever_its_size(size: int) -> None:
    ContentType.objects.bulk_create(ContentType(app_label="x", model=f"m{i}") for i in range(60))
    with CaptureQueriesContext(connection) as queries:
        listing = Listing(
            ContentType.objects.all(),
            [Column("model", "Model", ("model",))],
            QueryDict("sort=-model"),
            page_size=size,
        )
        assert len(list(listing)) == size
        assert listing.sentence and listing.pages and listing.headings
    assert len(queries) == 2
