"""What the child and the parents said themselves, as the case's page shows it."""

from __future__ import annotations

from django.urls import reverse

from attendance_portal.models import Membership
from casework.models import Case, OwnWords
from casework.parts import Part
from casework.people import may_write


def own_words_part(case: Case, member: Membership) -> Part | None:
    """Quotations, the latest first, each with who said it and when. One query."""
    said = [{"one": one, "who": who_said(one)} for one in OwnWords.objects.filter(case=case).select_related("by__user")]
    may_add = not case.closed_on and may_write(case, member)
    if not said and not may_add:
        return None
    href = reverse("add_own_words", args=[case.pk])
    links = [("Write down what the child or a parent said", href)] if may_add else []
    return Part("In their own words", "casework/parts_own_words.html", said, links)


def who_said(one: OwnWords) -> str:
    """Who said it, by name where it is known: "Mary West, a parent"."""
    speaker = OwnWords.Speaker(one.speaker).label
    return f"{one.whose}, {speaker.lower()}" if one.whose else speaker
