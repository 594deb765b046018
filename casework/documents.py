"""Documents in words, and the documents of a case's page."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone

from attendance_portal.models import Membership
from casework.file_kinds import BY_CODE
from casework.models import Case, CaseDocument
from casework.parts import Part
from casework.people import may_take, may_write

SHOWN: Final = 3
_FOUND: Final = "A virus was found in it: not given out any more"


def kind_words(document: CaseDocument) -> str:
    """What kind of file it is, and how large: "PDF, 1.2 MB"."""
    return f"{BY_CODE[document.kind].label}, {filesizeformat(document.size)}"


def added_on(document: CaseDocument) -> dt.date:
    """The day in England on which it was added."""
    return timezone.localtime(document.added_at).date()


def is_harmful(document: CaseDocument) -> bool:
    """Whether the virus scanner found something in it, once there was one: it has no download any more."""
    return document.scan == CaseDocument.Scan.HARMFUL


def standing_words(document: CaseDocument) -> str:
    """Whether it was scanned; or that it was removed, when, by whom and why."""
    if document.removed_on and document.removed_by:
        return f"Removed on {document.removed_on:%-d %B %Y} by {document.removed_by.name}: {document.removed_because}"
    return _FOUND if is_harmful(document) else CaseDocument.Scan(document.scan).label


def documents_part(case: Case, member: Membership) -> Part:
    """The latest documents of a case, each with its download for whoever may take it."""
    takes = may_take(case, member)
    held = list(CaseDocument.objects.held().filter(case=case).select_related("added_by__user")[: SHOWN + 1])
    rows = [
        {
            "name": one.name,
            "href": reverse("download_document", args=[case.pk, one.pk]) if takes and not is_harmful(one) else "",
            "words": f"{kind_words(one)}. Added on {added_on(one):%-d %B %Y} by {one.added_by.name}.",
            "scan": "" if one.scan == CaseDocument.Scan.CLEAN else standing_words(one),
        }
        for one in held[:SHOWN]
    ]
    links = [("All documents", reverse("documents", args=[case.pk]))]
    if may_write(case, member) and case.closed_on is None:
        links.insert(0, ("Add a document", reverse("add_documents", args=[case.pk])))
    return Part("Documents", "casework/parts_documents.html", rows, links)
