"""What the portal says when something may not be done: a sentence that says why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import IntegrityError, transaction
from django.forms import BaseForm


class Refused(Exception):
    """The action may not be done now, to this. The message is a sentence for the person who asked.

    way: what to do first, in words, with the name of its page and what that is about.
    """

    def __init__(self, sentence: str, *, way: tuple[str, str, object] | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.way = sentence, way


@contextmanager
def said_in(form: BaseForm, field: str | None = None, *, of: type[Refused] = Refused) -> Iterator[None]:
    """Do within what a person typed this form for. Where it is refused nothing is raised: the form says why, above
    itself or beside `field`, and what was written within is given up. Leave the view within; after it show the form.

    Else the words would be lost: a browser brings back nothing that was typed on a page that it may not store.
    """
    try:
        with transaction.atomic():
            yield
    except of as refused:
        if refused.way:
            raise  # what is to be done first is elsewhere, and only the page of a refusal leads there
        form.add_error(field, refused.sentence)


@contextmanager
def once(*constraints: str, refusal: str) -> Iterator[None]:
    """Write within what the database lets stand once: where that is there already, Refused with this sentence.

    To look first and write then is no guard: of two who do so at one moment both find nothing. Here the second waits
    until the first is done. What was written within is given up; any other constraint that breaks is a fault of ours.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.Error) or cause.diag.constraint_name not in constraints:
            raise
        raise Refused(refusal) from None
