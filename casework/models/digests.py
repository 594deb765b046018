"""That somebody was written to of their cases, so that nobody is written to twice."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from attendance_portal.tenancy import Owned


class CaseDigest(Owned):
    """A digest that went to a person on a day. It holds no words: what it counts is asked anew each time."""

    to_email = models.EmailField()
    on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "on", "to_email"], name="case_digest_once_a_day")
        ]
