"""Holding the review of a case, and saying when the next one is."""

from __future__ import annotations

import datetime as dt

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import once
from casework.actions.moving import change, write
from casework.models import Case, Plan, Review
from casework.reviews import due_on

_HELD = "A review of this day is written down already. Open the case to read it."


def hold_review(
    case: Case,
    *,
    outcome: str,
    words: str,
    held_on: dt.date,
    next_review_on: dt.date | None,
    by: Membership,
) -> Review:
    """Keep what a review came to (`Review.Outcome`), and the day of the next, which is none where the case can close.

    The plan that counts is reviewed with the case, so its review day moves on too; its words stay as they were agreed.
    That it was due is kept as its form said it: the day of the case or of the plan, whichever came first.
    Refused where the case is closed, and where a review of that day is written down already.
    """
    change(case)  # nobody moves its days from here on
    was_due_on = Case.objects.annotate(was_due_on=due_on(held_on)).values_list("was_due_on", flat=True).get(pk=case.pk)
    change(case, review_on=next_review_on)
    if next_review_on:
        Plan.objects.current().filter(case=case).update(review_on=next_review_on)
    with once("review_once_a_day", refusal=_HELD):
        review: Review = Review.objects.create(
            case=case, due_on=was_due_on, held_on=held_on, held_by=by, outcome=outcome, words=words,
            next_review_on=next_review_on,
        )  # fmt: skip
    label = Review.Outcome(outcome).label
    follows = f"\nNext review on {next_review_on:%-d %B %Y}." if next_review_on else ""
    write(case, f"Review held. {label}. {words}{follows}", on=held_on, by=by)
    record("hold_review", by=by, words=f"Held the review: {label}.", subject=case, pupils=[case.pupil_id])
    return review
