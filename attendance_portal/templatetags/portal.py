"""Tags of the portal's pages: `{% load portal %}`. Each says how it is written in its docstring."""

from __future__ import annotations

import base64
import secrets
from datetime import date, datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from attendance_portal.charts import Chart, percent
from attendance_portal.context import address_of
from attendance_portal.days import moment_words
from attendance_portal.tables import Listing

register = template.Library()

BAND_LABELS = {
    1: "As expected",
    2: "At risk of persistent absence",
    3: "Persistent absence",
    4: "At risk of severe absence",
    5: "Severe absence",
}
DRAFT_KEY = "draft_key"


@register.simple_tag
def band_tag(number: int | None, label: str = "") -> SafeString:
    """`{% band_tag standing.band %}` or with the authority's own words as second argument. The words are
    always there: a colour alone says nothing."""
    if not number:
        return format_html(
            '<strong class="govuk-tag portal-band portal-band--none">{}</strong>', label or "No category"
        )
    return format_html(
        '<strong class="govuk-tag portal-band portal-band--{}">{}</strong>',
        number,
        label or BAND_LABELS[number],
    )


@register.filter
def band_words(number: int | None) -> str:
    """`{{ standing.band|band_words }}`: the category in words, without colour."""
    return BAND_LABELS.get(number or 0, "No category")


@register.simple_tag
def share(count: int, total: int) -> str:
    """`{% share 12 240 %}`: “5.0%”, to one decimal, half up."""
    return percent(count, total)


@register.filter
def day(value: date | None) -> str:
    """`{{ meeting.held_on|day }}`: “3 September 2025”; a dash when there is none."""
    return f"{value:%-d %B %Y}" if value else "–"


@register.filter
def weekday(value: date | None) -> str:
    """`{{ meeting.held_on|weekday }}`: “Wednesday 3 September 2025”."""
    return f"{value:%A %-d %B %Y}" if value else "–"


@register.filter
def moment(value: datetime | None) -> str:
    """`{{ upload.sent_at|moment }}`: “3 September 2025 at 10:32am”, in local time."""
    if not value:
        return "–"
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return moment_words(local)


@register.simple_block_tag(takes_context=True)
def listing(context: Any, content: str, rows: Listing, caption: str, shown_caption: bool = True) -> str:
    """A table of one page of a `Listing`; between the tags stand the table's rows:
    `{% listing pupils caption="Pupils" %}{% for pupil in pupils %}<tr>…</tr>{% endfor %}{% endlisting %}`.
    Its download is there only where the page's context says `may_export`, as that of every request does."""
    downloads = rows.downloads and context.get("may_export", False)
    shown = {"listing": rows, "caption": caption, "shown_caption": shown_caption, "content": content}
    return render_to_string("parts/listing.html", {**shown, "downloads": downloads})


@register.inclusion_tag("parts/chart.html")
def chart(drawing: Chart, shown: bool = True, table: str = "details") -> dict[str, Any]:
    """`{% chart weeks %}`: the drawing under its title with its figures folded below it;
    `table="beside"` shows them open, `shown=False` hides the title from sight."""
    return {"chart": drawing, "shown": shown, "table": table}


@register.inclusion_tag("parts/document_chart.html")
def document_chart(drawing: Chart) -> dict[str, Any]:
    """`{% document_chart weeks %}`: the same drawing and its table in a PDF."""
    return {"chart": drawing}


@register.inclusion_tag("parts/error_summary.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """`{% error_summary form %}` above the heading: every error of these forms and formsets, each a link."""
    problems: list[tuple[str, str]] = []
    for form in forms:
        if not form:
            continue
        for single in getattr(form, "forms", [form]):
            problems += single.problems
        if hasattr(form, "forms"):
            problems += [("", error) for error in form.non_form_errors()]
    return {"problems": problems}


@register.simple_tag(takes_context=True)
def draft_key(context: Any) -> str:
    """`<body data-draft-key="{% draft_key %}">`: the key, held in the session alone, under which the browser
    keeps unsent typing. It dies with the session."""
    request = context.get("request")
    session = getattr(request, "session", None)
    if session is None or not getattr(getattr(request, "user", None), "is_authenticated", False):
        return ""
    if DRAFT_KEY not in session:
        session[DRAFT_KEY] = base64.b64encode(secrets.token_bytes(32)).decode()
    return str(session[DRAFT_KEY])


@register.simple_tag
def url_if_any(url_name: str) -> str:
    """`{% url_if_any "privacy" as privacy_url %}`: the address, or nothing where there is no such page."""
    return address_of(url_name)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`{{ words|get:code }}`: a value of a dictionary whose key is a variable."""
    return mapping.get(key, "")


@register.filter
def paired(first: Any, second: Any) -> list[tuple[Any, Any]]:
    """`{% for share, row in shares|paired:rows %}`: two sequences of one length side by side."""
    return list(zip(first, second, strict=True))
