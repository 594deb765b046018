"""Health plans and findings from before it was kept who looked into them, and who found it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from attendance_portal.audit import record
from casework.actions.tracking import record_health_plan
from casework.models import EducationEnquiry, HealthPlan, MissingFinding
from tests.cast import ON, Cast, in_scope

PLANS = import_module("casework.migrations.0025_health_plans_of_the_authority")
FINDINGS = import_module("casework.migrations.0031_missing_findings_of_before")


@pytest.mark.django_db
def test_the_authoritys_plans_are_looked_into_and_each_finding_has_the_author_that_the_trail_names(cast: Cast) -> None:
    amy, ben, cora = cast.pupils[:3]
    with in_scope(cast.eastshire):
        for pupil, who in ((amy, cast.officer), (ben, cast.lead)):
            record_health_plan(pupil, provision="school", begun_on=ON, words="Lessons.", on=ON, by=who)
        HealthPlan.objects.update(looked_into_on=None, looked_into_by=None)
        PLANS.start(apps, "default")
        told = HealthPlan.objects.values_list("pupil", "looked_into_on", "looked_into_by")
        assert set(told) == {(amy.pk, ON, cast.officer.pk), (ben.pk, None, None)}
        counts: dict[str, Any] = {"found_missing_on": ON, "missing_from_on": None, "primary_reason": "unknown"}
        counts |= {"begun_on": ON, "begun_by": cast.lead, "why": "Not seen.", "is_missing": True}
        told_of = EducationEnquiry.objects.create(pupil=ben, **counts)
        record("record_missing", by=cast.officer, words="Found.", subject=told_of, pupils=[ben.pk])
        EducationEnquiry.objects.create(pupil=cora, **counts)
        for _ in range(2):
            FINDINGS.start(apps, "default")
        found = MissingFinding.objects.order_by("enquiry__pupil__sort_key")
        assert list(found.values_list("enquiry__pupil", "by")) == [(ben.pk, cast.officer.pk), (cora.pk, None)]
