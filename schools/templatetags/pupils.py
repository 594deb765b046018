"""Words about a child in templates: `{{ enrolment.year_group|year_words }}`."""

from __future__ import annotations

from django import template

from schools.standing.summaries import year_group_words

register = template.Library()


@register.filter
def year_words(year_group: str) -> str:
    """“Year 8”, “Reception”, “Nursery 2”; nothing where no year group is held."""
    return year_group_words(year_group) if year_group else ""
