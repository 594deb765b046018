"""Who sent a file where no person did: the integration that posted it, by its name."""

from __future__ import annotations

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from schools.models import PostedMarks


def integration_name(upload: str = "pk") -> Coalesce:
    """For `annotate`: the name of the integration that posted an upload, empty where none did.

    `upload`: the name of the upload's key in the rows that are annotated.
    """
    posts = PostedMarks.objects.filter(upload=OuterRef(upload)).order_by("pk")
    return Coalesce(Subquery(posts.values("integration__name")[:1]), Value(""), output_field=CharField())
