"""Words about a child in templates: `{{ enrolment.year_group|year_words }}`."""

from __future__ import annotations

import datetime as dt

from django import template

from schools.children.calendar import meaning_of
from schools.register.codes import NUMBERS
from schools.standing.summaries import year_group_words

register = template.Library()


@register.filter
def year_words(year_group: str) -> str:
    """“Year 8”, “Reception”, “Nursery 2”; nothing where no year group is held."""
    return year_group_words(year_group) if year_group else ""


@register.filter
def meaning_on(code: str, day: dt.date) -> str:
    """What an attendance code meant on a day; nothing where there is no mark."""
    return meaning_of(code, day) if code in NUMBERS else ""
