"""What was found before findings were kept, by whom the trail names; the new keys are held once."""

from typing import Any, ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys, for_each_authority


def start(apps: Any, alias: str) -> None:
    """One finding an enquiry, the one that counts."""
    enquiries = apps.get_model("casework", "EducationEnquiry").objects.using(alias)
    findings = apps.get_model("casework", "MissingFinding").objects.using(alias)
    trail = apps.get_model("attendance_portal", "AuditEvent").objects.using(alias).filter(what="record_missing")
    people = apps.get_model("attendance_portal", "Membership").objects.using(alias)
    for one in enquiries.filter(is_missing=True, findings=None).order_by("pk"):
        told = trail.filter(subject_id=str(one.pk)).order_by("-at").first()
        by = people.filter(pk=told.membership_id).first() if told else None
        findings.create(
            authority_id=one.authority_id,
            enquiry_id=one.pk,
            found_missing_on=one.found_missing_on,
            missing_from_on=one.missing_from_on,
            primary_reason=one.primary_reason,
            recorded_on=told.at.date() if told else one.found_missing_on,
            by_id=by.pk if by else None,
        )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0030_missing_findings")]

    operations: ClassVar = [LeaveToCompositeKeys(), for_each_authority(start)]
