"""What an authority does with the list of barriers, and what is kept of a family's own words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import AbstractContextManager

from django.utils.text import slugify

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework.actions.moving import change, write
from casework.barriers import Barrier, taxonomy
from casework.models import AuthorityBarrier, Case, OwnWords

_SAID_ALREADY = "Another barrier is called that already."
_LONGEST = 36  # of a code made of words, so that a number fits behind it


def add_barrier(*, label: str, out_of_school: bool, by: Membership) -> AuthorityBarrier:
    """Add a barrier to the authority's list. Its code is made of the words once, and never changes."""
    known = taxonomy()
    _refuse_twice(known.barriers, label)
    held = {barrier.code for barrier in known.barriers}
    stem = slugify(label)[:_LONGEST].strip("-") or "barrier"
    code = next(c for c in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if c not in held)
    with _said_once():
        made: AuthorityBarrier = AuthorityBarrier.objects.create(code=code, label=label, out_of_school=out_of_school)
    record("add_barrier", by=by, words=f"Added a barrier: {label}.", subject=made)
    return made


def rename_barrier(barrier: Barrier, *, label: str, by: Membership) -> None:
    """Say a barrier in the authority's own words, wherever it stands. The code stays."""
    _refuse_twice((one for one in taxonomy().barriers if one.code != barrier.code), label)
    made = _stored(barrier.code, label=label, out_of_school=barrier.out_of_school)
    record("rename_barrier", by=by, words=f"“{barrier.label}” is now “{label}”.", subject=made)


def end_barrier(barrier: Barrier, *, on: dt.date, by: Membership) -> None:
    """Offer a barrier no more. Where it stands in a case it goes on standing, until somebody clears it there."""
    made = _stored(barrier.code, label=barrier.label, out_of_school=barrier.out_of_school, ended_on=on)
    record("end_barrier", by=by, words=f"No longer offered: {barrier.label}.", subject=made)


def take_up_barrier(barrier: Barrier, *, by: Membership) -> None:
    """Offer a barrier again that was ended."""
    made = _stored(barrier.code, label=barrier.label, out_of_school=barrier.out_of_school, ended_on=None)
    record("take_up_barrier", by=by, words=f"Offered again: {barrier.label}.", subject=made)


def _refuse_twice(others: Iterable[Barrier], label: str) -> None:
    if any(one.label.casefold() == label.casefold() for one in others):
        raise Refused(_SAID_ALREADY)


def _said_once() -> AbstractContextManager[None]:
    return once("authority_barrier_once", "authority_barrier_label_once", refusal=_SAID_ALREADY)


def _stored(code: str, **said: object) -> AuthorityBarrier:
    with _said_once():
        made: AuthorityBarrier = AuthorityBarrier.objects.update_or_create(code=code, defaults=said)[0]
    return made


def add_own_words(case: Case, *, speaker: str, whose: str, words: str, said_on: dt.date, by: Membership) -> OwnWords:
    """Keep what the child or a parent said, as it was said, on the day it was said. Nobody edits it afterwards."""
    change(case)
    kept: OwnWords = OwnWords.objects.create(
        case=case, speaker=speaker, whose=whose, words=words, said_on=said_on, by=by
    )
    who = OwnWords.Speaker(speaker).label
    write(case, f"{whose or who} said: “{words}”", on=said_on, by=by, source="In their own words")
    record("add_own_words", by=by, words=f"Kept words of {who.lower()}.", subject=case, pupils=[case.pupil_id])
    return kept
