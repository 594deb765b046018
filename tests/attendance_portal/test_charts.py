"""Charts: right figures, words for those who cannot see them, nothing a strict policy refuses."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from attendance_portal.charts import Chart, Share, band_bar, compared_weeks, outcome_bar, percent, sparkline, week_trend
from tests.attendance_portal import gallery

ENDS = [("None is attended", 40, 140), ("It goes on so", 112, 140), ("Every one is attended", 140, 140)]
EDGES = (95.0, 90.0, 80.0, 50.0)
WEEKS = [("1 Sep", 94.0), ("8 Sep", None), ("15 Sep", 88.25)]

BOTH = [("2 before", 50.0, 52.5), ("1 before", 48.0, None), ("1 after", None, 60.0), ("2 after", 81.0, 62.0)]


def charts() -> list[Chart]:
    return [
        band_bar("bands", "Pupils <by> category", gallery.shares()),
        sparkline("line", "Trend", [95.0, None, 88.0]),
        week_trend("weeks", "Attendance by week", WEEKS, lines=[("90%", 90.0)]),
        outcome_bar("ends", "Where it can end", ENDS, EDGES),
        compared_weeks("both", "Before and after", BOTH, of=("This child", "Alike"), begun=2),
    ]


@pytest.mark.parametrize("chart", charts(), ids=lambda chart: chart.name)
def test_a_chart_is_an_image_with_a_title_and_words_and_without_styles(chart: Chart) -> None:
    root = ET.fromstring(chart.svg)
    assert root.get("role") == "img"
    named = {node.get("id"): node.text for node in root.iter() if node.get("id")}
    assert [named[i] for i in root.get("aria-labelledby", "").split()] == [chart.title, chart.description]
    assert "style" not in chart.svg
    assert not re.search(r"\d{4}-\d\d-\d\d", chart.svg)


def test_where_nobody_is_compared_with_there_is_neither_line_nor_column() -> None:
    alone = [(week, one, None) for week, one, _ in BOTH]
    chart = compared_weeks("alone", "Before and after", alone, of=("This child", "Alike"), begun=2)
    assert chart.headers == ("Week", "This child") and chart.rows[2] == ("1 after", "–")
    assert "Alike: no figures" in chart.description


def test_the_same_figures_give_the_same_bytes() -> None:
    assert charts() == charts()


def test_the_identifiers_of_two_charts_on_one_page_differ() -> None:
    def ids(name: str) -> set[str]:
        return set(re.findall(r'id="([^"]+)"', week_trend(name, "Trend", WEEKS).svg))

    assert ids("a") and not ids("a") & ids("b")


def test_every_reference_inside_a_chart_has_its_target() -> None:
    svg = charts()[2].svg
    targets = set(re.findall(r'id="([^"]+)"', svg))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= targets


def test_the_parts_of_a_bar_are_as_wide_as_their_shares() -> None:
    bar = band_bar("bands", "By category", [Share(1, "As expected", 75), Share(5, "Severe absence", 25)])
    assert [round(float(w)) for w in re.findall(r'<rect[^>]* width="([\d.]+)"', bar.svg)] == [478, 158]
    assert bar.rows == (("As expected", "75", "75.0%"), ("Severe absence", "25", "25.0%"))


def test_the_line_of_outcomes_goes_from_the_worst_to_the_best_and_names_the_likely() -> None:
    chart = outcome_bar("ends", "Where it can end", ENDS, EDGES)
    assert [row[1] for row in chart.rows] == ["28.6%", "80.0%", "100.0%"]
    # The scale begins at 20%: 28.57% is 68.6 along 640, and 100% is kept inside the drawing.
    assert 'd="M68.6 28H634.0"' in chart.svg and ">80.0%</text>" in chart.svg
    assert re.findall(r">(\d+)%</text>", chart.svg) == ["95", "90", "80", "50", "20"]


def test_text_of_a_chart_stays_text_and_a_week_without_school_is_said() -> None:
    chart = week_trend("weeks", "Attendance by week", WEEKS)
    assert ">15 Sep</text>" in chart.svg
    assert chart.rows[1] == ("8 Sep", "no school")


def test_charts_of_nothing_are_drawn_and_say_so() -> None:
    assert week_trend("w", "Trend", []).description == "No figures yet."
    assert sparkline("s", "Trend", [None]).description == "No figures yet."
    assert band_bar("b", "Bar", [Share(1, "As expected", 0)]).description == "Nothing to count yet."


def test_shares_are_rounded_half_up() -> None:
    assert [percent(1, 8), percent(1, 16), percent(3, 16), percent(0, 0)] == ["12.5%", "6.3%", "18.8%", "–"]


def test_two_lines_have_their_figures_side_by_side_and_their_words_beside_colour() -> None:
    both = charts()[4]
    assert both.headers == ("Week", "This child", "Alike")
    assert both.rows[1:3] == (("1 before", "48.0%", "–"), ("1 after", "–", "60.0%"))
    assert both.description == "This child: first 50.0%, last 81.0%; Alike: first 52.5%, last 62.0%."
    assert ">This child<" in both.svg and ">Alike<" in both.svg
