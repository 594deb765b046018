"""What a case's page says of its reviews and of how it was closed before."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Least
from django.urls import reverse

from attendance_portal.models import Membership
from casework.models import Case, PastClosing, Plan, Review
from casework.parts import Part
from casework.people import may_write


def due_on() -> Least:
    """For `annotate` of open cases: the day of the next review, the case's own or that of the plan that counts,
    whichever comes first. They part where a later day was set for the case, or none."""
    of_plan = Plan.objects.to_review().filter(case=OuterRef("pk")).values("review_on")[:1]
    return Least(F("review_on"), Subquery(of_plan))


def due_by(day: dt.date) -> Q:
    """Open cases with a review due on that day or before (`due_on`), for `filter` and conditional counts."""
    plans = Plan.objects.to_review().filter(review_on__lte=day).order_by().values("case")
    return Q(review_on__lte=day) | Q(pk__in=plans)


def reviews_part(case: Case, member: Membership) -> Part | None:
    """When the next review is, those that were held, and past closings with what worked. Two queries."""
    held = list(case.reviews.select_related("held_by__user"))
    closings = list(case.past_closings.select_related("closed_by__user", "reopened_by__user"))
    may = case.closed_on is None and may_write(case, member)
    links = [("Hold the review", reverse("hold_review", args=[case.pk]))] if may else []
    shown = {
        "due": next_review(case, member),
        "reviews": [review_event(one) for one in held],
        "closings": [closing_event(one) for one in closings],
    }
    return Part("Reviews", "casework/parts_reviews.html", shown, links)


def next_review(case: Any, member: Membership) -> dict[str, Any]:
    """When the case is reviewed next, in words and with the colour of a tag where that is near or past."""
    due = case.review_due_on
    if case.closed_on is not None:
        return {"words": "", "tag": "", "colour": ""}
    if due is None:
        return {"words": "No review date is set.", "tag": "No date", "colour": "grey"}
    words = f"The next review is on {due:%-d %B %Y}."
    if due < member.on:
        days = (member.on - due).days
        return {"words": f"The review was due on {due:%-d %B %Y}.", "tag": _overdue(days), "colour": "red"}
    tag = "Today" if due == member.on else ""
    return {"words": words, "tag": tag, "colour": "yellow"}


def _overdue(days: int) -> str:
    return "1 day overdue" if days == 1 else f"{days} days overdue"


def review_event(review: Review) -> dict[str, Any]:
    """A review as an event of `parts/timeline.html`."""
    due = f", due {review.due_on:%-d %B %Y}" if review.due_on and review.due_on != review.held_on else ""
    follows = f"\nNext review: {review.next_review_on:%-d %B %Y}" if review.next_review_on else ""
    return {
        "title": Review.Outcome(review.outcome).label,
        "at": review.held_on,
        "when": f"{review.held_on:%-d %B %Y}{due}",
        "by": review.held_by.name,
        "text": f"{review.words}{follows}",
    }


def closing_event(past: PastClosing) -> dict[str, Any]:
    """A past closing as an event of `parts/timeline.html`, with how the case came to be opened again."""
    worked = f"\nWhat worked: {past.what_worked}" if past.what_worked else ""
    again = f"\nOpened again {past.reopened_on:%-d %B %Y} by {past.reopened_by.name}: {past.reopened_because}"
    return {
        "title": f"Closed: {Case.Outcome(past.outcome).label}" if past.outcome else "Closed",
        "at": past.closed_on,
        "when": f"{past.closed_on:%-d %B %Y}",
        "by": past.closed_by.name,
        "text": f"{past.reason}{worked}{again}",
    }
