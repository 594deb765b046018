"""What each address of the permission table is about: its arguments, taken from the scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from attendance_portal.front.mailbox import letters
from tests.isolation.scene import TOKEN, Scene

Arguments = Callable[[Scene], dict[str, Any]]


def of_nothing(scene: Scene) -> dict[str, Any]:
    """The address has no arguments: whoever may open it sees their own."""
    return {}


def of_school(scene: Scene) -> dict[str, Any]:
    return {"urn": scene.cast.hill.urn}


def of_school_days(scene: Scene) -> dict[str, Any]:
    """An entry of Hill Academy's own calendar."""
    return {"urn": scene.cast.hill.urn, "pk": scene.school_days.pk}


def of_authority_days(scene: Scene) -> dict[str, Any]:
    """An entry of every school's calendar."""
    return {"pk": scene.authority_days.pk}


def of_pupil(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.cast.pupil.pk}


def of_restricted_pupil(scene: Scene) -> dict[str, Any]:
    """A child of Hill Academy whose record only the team leader holds."""
    return {"pk": scene.restricted.pk}


def of_two_records(scene: Scene) -> dict[str, Any]:
    """Two records of Hill Academy's that were not judged."""
    return {"pk": scene.cast.pupils[0].pk, "other": scene.cast.pupils[1].pk}


def of_carer(scene: Scene) -> dict[str, Any]:
    """A parent of a child of Hill Academy's."""
    return {"pk": scene.cast.pupil.pk, "carer": scene.carer_link.carer_id}


def of_care_list(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.care_line.care_list_id}


def of_care_line(scene: Scene) -> dict[str, Any]:
    """A line of a social care list that nobody has looked at."""
    return {"pk": scene.care_line.pk}


def of_link(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.link.pk}


def of_sent_hand_over(scene: Scene) -> dict[str, Any]:
    """A child of Hill Academy's that is offered to a third authority."""
    return {"pk": scene.sent.pk}


def of_received_hand_over(scene: Scene) -> dict[str, Any]:
    """A child that a third authority offers to Eastshire."""
    return {"pk": scene.received.pk}


def of_accepted_hand_over(scene: Scene) -> dict[str, Any]:
    """A child that Eastshire accepted from a third authority."""
    return {"pk": scene.accepted.pk}


def of_upload(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.upload.pk}


def of_change(scene: Scene) -> dict[str, Any]:
    """A change of the school's register: one mark of a child."""
    return {"pk": scene.change.act}


def of_reconciliation(scene: Scene) -> dict[str, Any]:
    """Figures that another system showed of Hill Academy, with a line that fits nobody."""
    return {"pk": scene.reconciliation.pk}


def of_marked_day(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.cast.pupil.pk, "day": "2026-09-07"}


def of_document(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.case.pk, "document": scene.document.pk}


def of_contact(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.case.pk, "contact": scene.contact.pk}


def of_case(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.case.pk}


def of_case_invitation(scene: Scene) -> dict[str, Any]:
    """Somebody of the authority is invited to the case."""
    return {"pk": scene.case.pk, "invitation": scene.case_invitation.pk}


def of_plan(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.plan_action.plan_id}


def of_plan_action(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.plan_action.pk}


def of_contract(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.contract.pk}


def of_rule(scene: Scene) -> dict[str, Any]:
    """A standing rule: whom it finds is asked for each member alone."""
    return {"code": "missing-severe"}


def of_number(scene: Scene) -> dict[str, Any]:
    """A number of the termly counts."""
    return {"code": "cme"}


def of_part_time(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.part_time.pk}


def of_health_plan(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.health_plan.pk}


def of_enquiry(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.enquiry.pk}


def of_enquiry_step(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.enquiry.pk, "step": scene.enquiry_step.pk}


def of_home_education(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.home_education.pk}


def of_home_education_step(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.home_education.pk, "step": scene.home_education_step.pk}


def of_service(scene: Scene) -> dict[str, Any]:
    """A service for which the officer answers."""
    return {"pk": scene.referral.service_id}


def of_referral(scene: Scene) -> dict[str, Any]:
    """A child of Hill Academy's, referred by its lead."""
    return {"pk": scene.referral.pk}


def of_barrier(scene: Scene) -> dict[str, Any]:
    """A barrier of the authority's own."""
    return {"code": scene.barrier.code}


def of_meeting(scene: Scene) -> dict[str, Any]:
    """A meeting that is arranged and has not begun."""
    return {"pk": scene.arranged.pk}


def of_held_meeting(scene: Scene) -> dict[str, Any]:
    """A meeting that is under way, with a child on its list."""
    return {"pk": scene.under_way.pk}


def of_minutes(scene: Scene) -> dict[str, Any]:
    """A meeting whose minutes wait to be confirmed, with one agreed action."""
    return {"pk": scene.to_confirm.pk}


def of_listed_pupil(scene: Scene) -> dict[str, Any]:
    """The severely absent child on the list of a meeting that has not begun."""
    return {"pk": scene.arranged.pk, "pupil": scene.cast.pupil.pk}


def of_discussion(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.under_way.pk, "position": scene.discussion.position}


def of_action(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.action.pk}


def of_invitation(scene: Scene) -> dict[str, Any]:
    return {"token": TOKEN}


def of_no_invitation(scene: Scene) -> dict[str, Any]:
    """Whoever holds an invitation's secret may follow it; nobody else can."""
    return {"token": "a-guess"}


def of_letter(scene: Scene) -> dict[str, Any]:
    """A message of the demonstration with a calendar file; its mail names no child and is open to all."""
    folder = settings.PORTAL_VAR / "mail"
    backend = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    message = EmailMessage("A meeting was arranged", "Sign in to see it.", to=["reader@isolation.example"])
    message.attach("meeting.ics", "BEGIN:VCALENDAR", "text/calendar")
    backend.send_messages([message])
    return {"key": letters(folder)[0].key}


def of_return(scene: Scene) -> dict[str, Any]:
    """A statutory return that its school has still to confirm."""
    return {"pk": scene.returned.pk}


def of_sent_return(scene: Scene) -> dict[str, Any]:
    """A statutory return that has arrived."""
    return {"pk": scene.arrived.pk}


def of_system(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.system.pk}


def of_member(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.cast.lead.pk}


def of_integration(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.integration.pk}


def of_post(scene: Scene) -> dict[str, Any]:
    """Marks that the integration posted."""
    return {"pk": scene.post.pk}


def of_mapping(scene: Scene) -> dict[str, Any]:
    """What a column of Hill Academy's files was said to hold."""
    return {"urn": scene.cast.hill.urn, "pk": scene.mapping.pk}


def of_local_code(scene: Scene) -> dict[str, Any]:
    return {"urn": scene.cast.hill.urn, "pk": scene.local_code.pk}


def of_sending(scene: Scene) -> dict[str, Any]:
    """Files that Hill Academy's lead sent together: nobody else sees them."""
    return {"pk": scene.sending.pk}
