"""Charts as SVG: one definition each, for the page and for the PDF, and each with the table it was drawn from.

Text stays text. There are no style attributes or style elements in the result, since the pages' content
security policy forbids them. The same figures always give the same bytes.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, QUIET, RULE = "#0b0c0c", "#484949", "#cecece"
LINE = "#12436d"
BAND_FILLS = {1: "#2f8f6b", 2: "#f2c94c", 3: "#ee9a4d", 4: "#d2504a", 5: "#6d1330"}
BAND_TEXT = {1: "#ffffff", 2: INK, 3: INK, 4: "#ffffff", 5: "#ffffff"}
FONTS = ["Liberation Sans", "Arial", "Helvetica", "DejaVu Sans"]
SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "attendance portal",
    "font.family": "sans-serif",
    "font.sans-serif": FONTS,
    "font.size": 11,
    "axes.edgecolor": RULE,
    "text.color": INK,
}
DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+?)\s*(?:;|$)")
FONT = re.compile(r"(?:(?P<weight>\d+|bold)\s+)?(?P<size>[\d.]+)px\s+(?P<family>.+)")
FAMILY = "Arial, 'Liberation Sans', Helvetica, sans-serif"


@dataclass(frozen=True)
class Share:
    """One category of a stacked bar: its number 1 to 5, its words and how many are in it."""

    band: int
    label: str
    count: int


@dataclass(frozen=True)
class Chart:
    """A drawing, what it shows in words, and the figures it was drawn from."""

    name: str
    title: str
    description: str
    svg: SafeString
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def data_uri(self) -> str:
        """The drawing as the address of an image, for the PDF, where an image carries its words as `alt`."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


def percent(count: int, total: int) -> str:
    """A share to one decimal, half up: “12.5%”; a dash when there is nothing to share."""
    if not total:
        return "–"
    tenths = (2000 * count + total) // (2 * total)
    return f"{tenths // 10}.{tenths % 10}%"


def _opening(name: str, title: str, description: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="portal-chart__svg" role="img" focusable="false"'
        f' viewBox="0 0 {width:g} {height:g}" aria-labelledby="{name}-title {name}-desc"'
        f' font-family="{FAMILY}" stroke-linejoin="round" stroke-linecap="butt">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    )


def band_bar(
    name: str, title: str, shares: Sequence[Share], *, headers: tuple[str, str] = ("Category", "Pupils")
) -> Chart:
    """A stacked horizontal bar of up to five categories. `name` is unique on its page. A number is written in
    its part where it fits; the table beside it always has all of them. `headers`: of what, and what is counted."""
    total = sum(share.count for share in shares)
    words = "; ".join(f"{s.label} {s.count} ({percent(s.count, total)})" for s in shares)
    rows = tuple((s.label, f"{s.count:,}", percent(s.count, total)) for s in shares)
    description = f"{words}." if total else "Nothing to count yet."
    svg = _opening(name, title, description, 640, 44) + "".join(_bar_parts(shares, total)) + "</svg>"
    return Chart(name, title, description, mark_safe(svg), (*headers, "Share"), rows)


def _bar_parts(shares: Sequence[Share], total: int) -> list[str]:
    if not total:
        return [f'<rect x="0.5" y="0.5" width="639" height="43" fill="#f4f8fb" stroke="{RULE}"/>']
    parts, left = [], 0.0
    for share in (share for share in shares if share.count):
        width = 640 * share.count / total
        parts.append(
            f'<rect x="{left:.2f}" y="0" width="{max(width - 2, 1):.2f}" height="44" fill="{BAND_FILLS[share.band]}"/>'
        )
        if width > 14 + 11 * len(str(share.count)):
            parts.append(
                f'<text x="{left + width / 2 - 1:.2f}" y="29" font-size="18" font-weight="bold"'
                f' text-anchor="middle" fill="{BAND_TEXT[share.band]}">{share.count:,}</text>'
            )
        left += width
    return parts


def outcome_bar(
    name: str, title: str, ends: Sequence[tuple[str, int, int]], edges: Sequence[float], *, measure: str = "Attendance"
) -> Chart:
    """Where something can end, over the five categories: `ends` are (words, attended, possible) of the worst, the
    likely and the best end, `edges` the percentages between the categories, best first."""
    shares = [100 * there / possible if possible else 0.0 for _, there, possible in ends]
    rows = tuple((words, percent(there, possible)) for words, there, possible in ends)
    description = "; ".join(f"{words}: {share}" for words, share in rows) + "."
    low = min(80.0, shares[0] // 10 * 10)
    places = [640 * (share - low) / (100 - low) for share in shares]
    svg = _opening(name, title, description, 640, 72) + "".join(_outcome_parts(places, rows[1][1], edges, low))
    return Chart(name, title, description, mark_safe(svg + "</svg>"), ("What happens", measure), rows)


def _outcome_parts(places: Sequence[float], likely: str, edges: Sequence[float], low: float) -> list[str]:
    worst, now, best = (min(max(place, 6.0), 634.0) for place in places)
    parts, right = [], 100.0
    for band, edge in enumerate((*edges, low), 1):
        left = max(edge, low)
        at, until = (640 * (share - low) / (100 - low) for share in (left, right))
        if until > at:
            fill = f'<rect x="{at:.1f}" y="40" width="{until - at - 1:.1f}" height="12" fill="{BAND_FILLS[band]}"/>'
            parts.append(fill)
            anchor = "start" if at < 20 else "middle"
            words = f'<text x="{at:.1f}" y="69" font-size="15" text-anchor="{anchor}" fill="{QUIET}">{left:g}%</text>'
            parts.append(words)
        right = left
    parts.append(f'<path d="M{worst:.1f} 28H{best:.1f}" stroke="{LINE}" stroke-width="4" stroke-linecap="round"/>')
    parts.append(f'<circle cx="{now:.1f}" cy="28" r="7" fill="{LINE}"/>')
    said = f'<text x="{min(max(now, 28.0), 612.0):.1f}" y="15" font-size="18" font-weight="bold"'
    return [*parts, f'{said} text-anchor="middle" fill="{INK}">{likely}</text>']


def people_bars(name: str, title: str, bars: Sequence[tuple[str, int]], *, headers: tuple[str, str]) -> Chart:
    """A horizontal bar for each person, with its number at its end, in the order given. `headers` as in `band_bar`."""
    rows = tuple((words, f"{count:,}") for words, count in bars)
    description = "; ".join(f"{words} {count}" for words, count in rows) + "." if rows else "Nothing to count yet."
    most, height = max((count for _, count in bars), default=0) or 1, 30 * max(len(bars), 1)
    svg = _opening(name, title, description, 640, height)
    for line, (words, count) in enumerate(bars):
        top, width = 30 * line, 360 * count / most
        shown = words if len(words) <= 24 else f"{words[:23]}…"
        svg += f'<text x="212" y="{top + 20}" font-size="15" text-anchor="end" fill="{INK}">{escape(shown)}</text>'
        svg += f'<rect x="220" y="{top + 5}" width="{width:.1f}" height="20" fill="{LINE}"/>'
        svg += f'<text x="{228 + width:.1f}" y="{top + 20}" font-size="15" fill="{INK}">{count:,}</text>'
    return Chart(name, title, description, mark_safe(svg + "</svg>"), headers, rows)


def sparkline(name: str, title: str, values: Sequence[float | None]) -> Chart:
    """A small line without axes, for a cell or a tile: percentages 0 to 100 in order, `None` where none."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 100.0)
    spread, step = max(high - low, 5.0), 116 / max(len(values) - 1, 1)
    points = [(2 + i * step, 26 - 22 * (v - low) / spread) for i, v in enumerate(values) if v is not None]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    description = f"From {known[0]:.1f}% to {known[-1]:.1f}%." if known else "No figures yet."
    last = f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.5" fill="{LINE}"/>' if points else ""
    svg = _opening(name, title, description, 120, 28)
    svg += f'<polyline points="{line}" fill="none" stroke="{LINE}" stroke-width="2"/>{last}</svg>'
    rows = tuple((str(i + 1), "–" if v is None else f"{v:.1f}%") for i, v in enumerate(values))
    return Chart(name, title, description, mark_safe(svg), ("Number", "Attendance"), rows)


def week_trend(
    name: str,
    title: str,
    weeks: Sequence[tuple[str, float | None]],
    *,
    lines: Sequence[tuple[str, float]] = (),
    measure: str = "Attendance",
) -> Chart:
    """Attendance by week: `weeks` are (words of the week, percentage 0 to 100 or `None` for a week without
    school), `lines` are levels drawn across and named, such as ("90%", 90)."""
    known = [value for _, value in weeks if value is not None]
    figure = Figure(figsize=(5.6, 2.6), layout="constrained")
    with rc_context(SETTINGS):
        axes = figure.add_subplot()
        _draw_weeks(axes, weeks, lines)
        _quieten(axes)
        svg = _plain_svg(figure, name, title, description := _trend_words(known, len(weeks)))
    rows = tuple((week, "no school" if value is None else f"{value:.1f}%") for week, value in weeks)
    return Chart(name, title, description, svg, ("Week", measure), rows)


def compared_weeks(
    name: str,
    title: str,
    weeks: Sequence[tuple[str, float | None, float | None]],
    *,
    of: tuple[str, str],
    begun: int,
) -> Chart:
    """Two lines by week: `weeks` are (words of the week, percentage of the first, of the second; `None` where there is
    none), `of` says whose the lines are, `begun` how many of the weeks lie before what began. A line that has no figure
    at all is neither drawn nor a column of the table."""
    figure = Figure(figsize=(5.6, 2.9), layout="constrained")
    with rc_context(SETTINGS):
        axes = figure.add_subplot()
        _draw_compared(axes, weeks, of, begun)
        _quieten(axes)
        svg = _plain_svg(figure, name, title, description := _compared_words(weeks, of))
    held = [at for at in (1, 2) if any(week[at] is not None for week in weeks)]
    rows = tuple((week[0], *("–" if week[at] is None else f"{week[at]:.1f}%" for at in held)) for week in weeks)
    return Chart(name, title, description, svg, ("Week", *(of[at - 1] for at in held)), rows)


def _compared_words(weeks: Sequence[tuple[str, float | None, float | None]], of: tuple[str, str]) -> str:
    parts = []
    for at, whose in enumerate(of, 1):
        known = [week[at] for week in weeks if week[at] is not None]
        parts.append(f"{whose}: first {known[0]:.1f}%, last {known[-1]:.1f}%" if known else f"{whose}: no figures")
    return "; ".join(parts) + "."


def _draw_compared(
    axes: Axes, weeks: Sequence[tuple[str, float | None, float | None]], of: tuple[str, str], begun: int
) -> None:
    places = list(range(len(weeks)))
    axes.axvline(begun - 0.5, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    looks: tuple[dict[str, Any], ...] = (
        {"color": LINE, "marker": "o"},
        {"color": QUIET, "marker": "s", "dashes": (4, 2)},
    )
    for at, (whose, look) in enumerate(zip(of, looks, strict=True), 1):
        values = [float("nan") if value is None else float(value) for value in (week[at] for week in weeks)]
        if any(week[at] is not None for week in weeks):
            axes.plot(places, values, linewidth=2.4, markersize=5, label=whose, **look)
    if axes.lines[1:]:  # above the drawing, where no line runs through it
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0, frameon=False)
    every = max(1, -(-len(weeks) // 6))
    axes.set_xticks(places[::every], [week for week, _, _ in weeks][::every])
    axes.set_ylim(0, 102)
    axes.set_xlim(-0.5, max(len(weeks) - 0.5, 0.5))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter("{x:.0f}%")


def _trend_words(known: Sequence[float], weeks: int) -> str:
    if not known:
        return "No figures yet."
    return (
        f"{weeks} weeks: first {known[0]:.1f}%, last {known[-1]:.1f}%,"
        f" lowest {min(known):.1f}%, highest {max(known):.1f}%."
    )


def _draw_weeks(
    axes: Axes,
    weeks: Sequence[tuple[str, float | None]],
    lines: Sequence[tuple[str, float]],
) -> None:
    places = list(range(len(weeks)))
    values = [float("nan") if value is None else value for _, value in weeks]
    for label, level in lines:
        axes.axhline(level, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            label,
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=QUIET,
        )
    axes.plot(places, values, color=LINE, linewidth=2.4, marker="o", markersize=5)
    every = max(1, -(-len(weeks) // 6))
    axes.set_xticks(places[::every], [week for week, _ in weeks][::every])
    shown = [value for _, value in weeks if value is not None] + [level for _, level in lines]
    axes.set_ylim(max(0, min(shown, default=0) // 10 * 10 - 5), 102)
    axes.set_xlim(-0.5, max(len(weeks) - 0.5, 0.5))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:.0f}%")


def _quieten(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=QUIET, length=0, pad=6)
    axes.grid(axis="y", color="#e6e9ec", linewidth=1)
    axes.set_axisbelow(True)


def _as_attributes(match: re.Match[str]) -> str:
    """`style="fill: red; font: 11px Arial"` as the presentation attributes that mean the same."""
    attributes = []
    for name, value in DECLARATION.findall(match[1]):
        font = FONT.match(value) if name == "font" else None
        if font:
            weight = f' font-weight="{font["weight"]}"' if font["weight"] else ""
            attributes.append(f'font-size="{font["size"]}"{weight}')
        elif name != "font":
            attributes.append(f'{name}="{value}"')
    return " ".join(attributes)


def _plain_svg(figure: Figure, name: str, title: str, description: str) -> SafeString:
    """matplotlib's drawing with our own opening, without styles, and with identifiers of its own."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    width, height = (72 * inches for inches in figure.get_size_inches())
    inner = out.getvalue().split("</metadata>")[-1].split("</svg>")[0]
    inner = re.sub(r"<style.*?</style>", "", inner, flags=re.S)
    inner = re.sub(r"<defs>\s*</defs>", "", inner)
    inner = re.sub(r'style="([^"]*)"', _as_attributes, inner)
    inner = re.sub(r'<g id="[^"]*"', "<g", inner)
    inner = re.sub(r'id="', f'id="{name}-', inner)
    inner = re.sub(r'(xlink:href="#|url\(#)', rf"\1{name}-", inner).replace("xlink:href", "href")
    inner = re.sub(r"<!--.*?-->\s*", "", inner, flags=re.S)
    return mark_safe(_opening(name, title, description, width, height) + inner + "</svg>")
