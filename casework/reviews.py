"""What a case's page says of its reviews and of how it was closed before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import DateField, F, OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce, Least
from django.urls import reverse

from attendance_portal.models import Membership
from casework.models import Case, PastClosing, Plan, Review
from casework.models.reviews import TO_CLOSE
from casework.parts import Part
from casework.people import may_write


def due_on(on: dt.date) -> Least:
    """For `annotate` of cases: as of this day the day of the next review, the case's own or that of the plan that
    counts, whichever comes first. They part where minutes set a later day for the case. A case without its own that a
    review said can close, and that is open `TO_CLOSE` later, was due then."""
    of_plan = Plan.objects.to_review(on).filter(case=OuterRef("pk")).values("review_on")[:1]
    left_open = Review.objects.left_open(on).filter(case=OuterRef("pk"), case__closed_on=None)
    to_close = left_open.values(day=Cast(F("held_on") + TO_CLOSE, DateField()))[:1]
    return Least(Coalesce(F("review_on"), Subquery(to_close)), Subquery(of_plan))


def due_by(day: dt.date, *, on: dt.date) -> Q:
    """Open cases with a review due on `day` or before (`due_on`), the day before `on` or a later one, for `filter` and
    conditional counts."""
    plans = Plan.objects.to_review(on).filter(review_on__lte=day).order_by().values("case")
    left_open = Review.objects.left_open(on).order_by().values("case")
    return Q(review_on__lte=day) | Q(review_on=None, pk__in=left_open) | Q(pk__in=plans)


def reviews_part(case: Case, member: Membership) -> Part | None:
    """When the next review is, those that were held, and past closings with what worked. Two queries."""
    held = list(case.reviews.select_related("held_by__user"))
    closings = list(case.past_closings.select_related("closed_by__user", "reopened_by__user"))
    may = case.closed_on is None and may_write(case, member)
    links = [("Hold the review", reverse("hold_review", args=[case.pk]))] if may else []
    shown = {
        "due": next_review(case, member, _said_to_close(case, held, closings)),
        "reviews": [review_event(one) for one in held],
        "closings": [closing_event(one) for one in closings],
    }
    return Part("Reviews", "casework/parts_reviews.html", shown, links)


def _said_to_close(case: Case, held: Sequence[Review], closings: Sequence[PastClosing]) -> Review | None:
    """The last review, where it left no other day than that of closing the case."""
    last = held[0] if held else None
    if last is None or last.outcome != Review.Outcome.CLOSE or case.review_on is not None:
        return None
    return None if any(past.reopened_on > last.held_on for past in closings) else last


def next_review(case: Any, member: Membership, to_close: Review | None) -> dict[str, Any]:
    """When the case is reviewed next, in words and with the colour of a tag where that is near or past. to_close: the
    last review, where it said that the case can be closed."""
    due = case.review_due_on
    if case.closed_on is not None:
        return {"words": "", "tag": "", "colour": ""}
    said = f"The review on {to_close.held_on:%-d %B %Y} said that the case can be closed. " if to_close else ""
    if due is None:
        return {"words": f"{said}No review date is set.", "tag": "No date", "colour": "grey"}
    words = f"The next review is on {due:%-d %B %Y}."
    if due < member.on:
        days = (member.on - due).days
        late = f"{said}It is still open." if said else f"The review was due on {due:%-d %B %Y}."
        return {"words": late, "tag": _overdue(days), "colour": "red"}
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
