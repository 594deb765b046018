"""Whether a value is one of many: sent, or found by a subquery, as one array."""

from __future__ import annotations

from django.db.models import BooleanField, Func


class IsOneOf(Func):
    """A condition of two expressions: the first is an element of the second, an array.

    `__in` makes a parameter of each value; and of `IN (SELECT …)` the server expects one row, where thousands are, and
    looks through them for each row of the table.
    """

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()
