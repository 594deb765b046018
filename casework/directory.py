"""Reading the directory of services: narrowed to what is wanted, and what may help in one case."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.roles import PERMISSIONS, Permission
from attendance_portal.tenancy import current_authority
from casework.barriers import Taxonomy
from casework.models import Case, Referral, Service
from casework.parts import Part
from casework.people import may_write
from schools.models import Enrolment, School
from schools.models.places import Phase

HEADINGS: Final = (
    "Service", "What it offers", "For whom", "School phases", "Area", "Barriers", "Referrals in the portal",
    "How to refer", "Contact", "E-mail", "Telephone",
)  # fmt: skip
_PHASED: Final = (Phase.PRIMARY, Phase.SECONDARY)


@dataclass(frozen=True)
class Wanted:
    """What the directory is narrowed to; what is empty narrows nothing. Without more, what is offered now."""

    q: str = ""
    barrier: str = ""
    area: str = ""
    phase: str = ""
    ended: str = ""


def services_wanted(wanted: Wanted) -> QuerySet[Service]:
    """The services as wanted: every word typed is in the name, the offer or for whom it is."""
    found: QuerySet[Service] = Service.objects.filter(ended_on__isnull=not wanted.ended)
    for word in wanted.q.split():
        said = Q(name__icontains=word) | Q(offers__icontains=word) | Q(for_whom__icontains=word)
        found = found.filter(said)
    if wanted.barrier:
        found = found.filter(barriers__contains=[wanted.barrier])
    if wanted.area:
        found = found.filter(area__in=["", wanted.area])
    return found.filter(_of_phases([wanted.phase])) if wanted.phase else found


def areas() -> list[str]:
    """The areas that schools are in, by name."""
    return list(School.objects.exclude(area="").order_by("area").values_list("area", flat=True).distinct())


def phases_shown(service: Service) -> str:
    """For the pupils of which phase, in words."""
    return ", ".join(Service.Phase(phase).label for phase in service.phases) or "Every phase"


def file_row(service: Service, known: Taxonomy) -> list[str]:
    """A line of the list as a file."""
    return [
        service.name,
        service.offers,
        service.for_whom,
        phases_shown(service),
        service.area or "Everywhere",
        "; ".join(known.labels(service.barriers)),
        "Yes" if service.takes_referrals else "No",
        service.how_to_refer,
        service.contact_name,
        service.email,
        service.telephone,
    ]


def facts(service: Service, known: Taxonomy) -> list[dict[str, Any]]:
    """The summary list of a service; what was not said is left out."""
    said = {
        "What it offers": service.offers,
        "For whom": service.for_whom,
        "Pupils of": phases_shown(service),
        "Area": service.area or "Everywhere",
        "May help with": "; ".join(known.labels(service.barriers)),
        "How to refer": service.how_to_refer,
        "Contact": service.contact_name,
        "E-mail": service.email,
        "Telephone": service.telephone,
    }
    return [{"key": key, "value": value} for key, value in said.items() if value]


def may_answer() -> QuerySet[Membership]:
    """Members who may answer for a service: those who may work on a case."""
    roles = [role for role, permissions in PERMISSIONS.items() if Permission.CASE_LEAD in permissions]
    found: QuerySet[Membership] = Membership.objects.working().filter(authority=current_authority(), role__in=roles)
    return found.select_related("user").order_by("organisation", "user__name")


# --- What may help in one case ------------------------------------------------------------------------------


def suggested_part(case: Case, member: Membership) -> Part | None:
    """Services that may help with the barriers that stand, where the child goes to school; the best fit first."""
    if case.closed_on:
        return None
    may_refer = may_write(case, member)
    codes = [row.barrier for row in case.standing_barriers]  # type: ignore[attr-defined]
    links = [("The directory of services", reverse("services"))]
    if may_refer and not codes:
        links.insert(0, ("Choose what stands in the way", reverse("change_barriers", args=[case.pk])))
    found = suggested(case, codes, on=member.on) if codes else []
    rows = [_row(service, case, may_refer) for service in found]
    shown = {"rows": rows, "has_barriers": bool(codes)}
    return Part("Services that may help", "casework/parts_services.html", shown, links)


def suggested(case: Case, codes: list[str], *, on: dt.date) -> list[Service]:
    """The services that name one of these barriers, for the child's area and phase. Two queries.

    Each with `wait_since`, the day of a referral of this child that waits there, and `is_open`: whether a child can be
    referred to it here. Most barriers in common come first.
    """
    schools = Enrolment.objects.on_roll(on).filter(pupil=case.pupil_id)
    places = list(schools.values_list("school__area", "school__phase"))
    found = Service.objects.offered().filter(barriers__overlap=codes)
    if places:
        found = found.filter(Q(area__in=["", *(area for area, _ in places)]), _of_phases([p for _, p in places]))
    waiting = Referral.objects.waiting().filter(service=OuterRef("pk"), pupil=case.pupil_id)
    since = Subquery(waiting.values("made_on")[:1], output_field=DateField())
    return sorted(
        found.annotate(wait_since=since, is_open=Exists(Service.objects.taking_referrals().filter(pk=OuterRef("pk")))),
        key=lambda one: (-len(set(one.barriers) & set(codes)), not one.area, one.name),
    )


def _of_phases(phases: list[str]) -> Q:
    """Services for any of these phases; those of all-through and special schools are of both."""
    if any(phase not in _PHASED for phase in phases):
        return Q()
    return Q(phases=[]) | Q(phases__overlap=phases)


def _row(service: Any, case: Case, may_refer: bool) -> dict[str, Any]:
    refers = may_refer and service.is_open and service.wait_since is None
    href = f"{reverse('refer_child', args=[case.pupil_id])}?service={service.pk}"
    return {"service": service, "refer": href if refers else "", "wait_since": service.wait_since}
