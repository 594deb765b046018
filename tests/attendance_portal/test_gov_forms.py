"""Forms: GOV.UK markup for every kind of field, errors that lead to their field, dates in three boxes."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django import forms
from django.template import engines

from attendance_portal.gov_forms import GovDateField, GovForm
from tests.attendance_portal.gallery import MinuteForm

GOOD = {
    "said": "Better",
    "held_in": "person",
    "review_on_day": "3",
    "review_on_month": "March",
    "review_on_year": "2026",
    "lead": "school",
}


def test_a_filled_form_is_read() -> None:
    form = MinuteForm(GOOD)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["review_on"] == dt.date(2026, 3, 3)


def test_every_field_has_a_label_and_every_description_exists() -> None:
    html = str(MinuteForm({"review_on_day": "1"}))
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    assert len(ids) == len(re.findall(r'\sid="', html))
    assert set(re.findall(r'<label[^>]* for="([^"]+)"', html)) <= ids
    described = {one for many in re.findall(r'aria-describedby="([^"]+)"', html) for one in many.split()}
    assert described and described <= ids
    boxes = re.findall(r'<(?:input|textarea|select)[^>]* id="([^"]+)"', html)
    assert set(boxes) == set(re.findall(r'<label[^>]* for="([^"]+)"', html))


def test_the_error_summary_links_each_error_to_a_box_that_exists() -> None:
    form = MinuteForm({"review_on_day": "31", "review_on_month": "2", "review_on_year": "2026"})
    summary = engines["django"].from_string("{% load portal %}{% error_summary form %}").render({"form": form})
    html = str(form)
    links = re.findall(r'href="#([^"]+)"', summary)
    assert links == ["id_said", "id_held_in_0", "id_review_on_0", "id_lead"]
    assert all(f'id="{link}"' in html for link in links)
    assert "Review date must be a real date" in summary


def test_a_form_without_errors_has_no_summary() -> None:
    summary = engines["django"].from_string("{% load portal %}{% error_summary form %}").render({"form": MinuteForm()})
    assert summary.strip() == ""


def test_a_field_under_a_choice_stands_there_and_nowhere_else() -> None:
    html = str(MinuteForm())
    assert html.count('name="link"') == 1
    assert html.index('value="online"') < html.index('name="link"') < html.index('name="barriers"')


@pytest.mark.parametrize(
    ("day", "month", "year", "error"),
    [
        ("31", "2", "2026", "Day must be a real date"),
        ("", "2", "2026", "Day must include a day"),
        ("1", "", "", "Day must include a month and year"),
        ("1", "2", "26", "Day must have a year of four figures"),
        ("x", "2", "2026", "Day must be a real date"),
        ("1", "smarch", "2026", "Day must be a real date"),
        ("31", "8", "2025", "Day must be on or after 1 September 2025"),
        ("1", "9", "2026", "Day must be on or before 31 August 2026"),
        ("", "", "", "This field is required."),
    ],
)
def test_a_date_that_cannot_be_read_is_refused_with_its_reason(day: str, month: str, year: str, error: str) -> None:
    field = GovDateField(label="Day", earliest=dt.date(2025, 9, 1), latest=dt.date(2026, 8, 31))
    with pytest.raises(forms.ValidationError) as refused:
        field.clean([day, month, year])
    assert refused.value.messages == [error]


def test_a_date_comes_back_into_its_boxes_and_knows_whether_it_changed() -> None:
    class DateForm(GovForm):
        due_on = GovDateField(label="Due", required=False)

    first = {"due_on": dt.date(2026, 3, 9)}
    assert 'value="9"' in str(DateForm(initial=first))
    same = {"due_on_day": "9", "due_on_month": "3", "due_on_year": "2026"}
    assert not DateForm(same, initial=first).has_changed()
    assert DateForm({**same, "due_on_day": "10"}, initial=first).has_changed()
    empty = DateForm({})
    assert empty.is_valid() and empty.cleaned_data["due_on"] is None


def test_what_was_typed_is_shown_again_escaped() -> None:
    html = str(MinuteForm({**GOOD, "said": "</textarea><b>", "review_on_day": '"><i>'}))
    assert "<b>" not in html and "<i>" not in html
    assert "&lt;/textarea&gt;&lt;b&gt;" in html
