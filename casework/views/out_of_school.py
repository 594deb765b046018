"""Children who may be missing education and children educated at home: lists, pages, and what a person records."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from attendance_portal.audit import record
from attendance_portal.permissions import requires
from attendance_portal.requests import MemberRequest
from attendance_portal.roles import Permission
from casework import out_of_school, tracked
from casework.actions import out_of_school as actions
from casework.forms import out_of_school as forms
from casework.models import EducationEnquiry, HomeEducation
from casework.views.back import back_to
from casework.views.tracking import act, ask, child, schools_of, tracked_list


def _enquiry(request: MemberRequest, pk: uuid.UUID) -> EducationEnquiry:
    seen = EducationEnquiry.objects.visible_to(request.member).select_related("pupil", "school", "begun_by__user")
    found: EducationEnquiry = get_object_or_404(seen, pk=pk)
    return found


def _home(request: MemberRequest, pk: uuid.UUID) -> HomeEducation:
    seen = HomeEducation.objects.visible_to(request.member).select_related("pupil", "recorded_by__user")
    found: HomeEducation = get_object_or_404(seen, pk=pk)
    return found


def _page(request: MemberRequest, template: str, one: Any, shown: out_of_school.Page) -> HttpResponse:
    words = f"Looked at a record: {shown.title}."
    record("see_out_of_school", by=request.member, words=words, subject=one, pupils=[one.pupil_id])
    back = back_to(request, reverse("pupil_page", args=[one.pupil_id]))
    return render(request, template, {"one": one, "pupil": one.pupil, "shown": shown, "back": back})


@requires(Permission.CASE_SEE)
@require_safe
def enquiries(request: MemberRequest) -> HttpResponse:
    """Enquiries about children who may be missing education, those who are on no roll any more among them."""
    return tracked_list(request, tracked.ENQUIRIES, "casework/enquiries.html")


@requires(Permission.CASE_SEE)
@require_safe
def enquiry_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One enquiry: why, what was asked of whom and when, and what came of it."""
    one = _enquiry(request, pk)
    return _page(request, "casework/enquiry_page.html", one, out_of_school.enquiry_page(one, request.member))


@requires(Permission.TRACKING_KEEP)
def begin_enquiry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin to find out whether a child is missing education."""
    pupil, on = child(request, pk), request.member.on
    schools = schools_of(pupil, request)
    form = forms.EnquiryForm(request.POST or None, on=on, schools=schools, initial={"begun_on": on})
    if not form.is_valid():
        return ask(request, "casework/begin_enquiry.html", pupil, form)
    return act(request, pupil, "The enquiry is open.", actions.begin_enquiry, pupil, **form.cleaned_data)


def _of_enquiry(
    request: MemberRequest, pk: uuid.UUID, form_class: Any, template: str, *, said: str, doing: Any
) -> HttpResponse:
    one, on = _enquiry(request, pk), request.member.on
    form = form_class(request.POST or None, on=on)
    back = reverse("enquiry_page", args=[one.pk])
    if not form.is_valid():
        return ask(request, template, one.pupil, form, one=one, back=back)
    return act(request, one.pupil, said, doing, one, back=back, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def add_enquiry_step(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write what was asked of whom."""
    said, template = "It is written into the enquiry.", "casework/add_enquiry_step.html"
    return _of_enquiry(request, pk, forms.EnquiryStepForm, template, said=said, doing=actions.add_enquiry_step)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def record_missing(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Find that the child is missing education."""
    said, template = "The child counts as missing education.", "casework/record_missing.html"
    return _of_enquiry(request, pk, forms.MissingForm, template, said=said, doing=actions.record_missing)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def end_enquiry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what came of the enquiry."""
    said, template = "The enquiry has ended.", "casework/end_enquiry.html"
    return _of_enquiry(request, pk, forms.EndEnquiryForm, template, said=said, doing=actions.end_enquiry)


@requires(Permission.CASE_SEE)
@require_safe
def home_educated(request: MemberRequest) -> HttpResponse:
    """Children whose parents educate them at home, on a roll or not."""
    return tracked_list(request, tracked.HOME, "casework/home_educated.html")


@requires(Permission.CASE_SEE)
@require_safe
def home_education_page(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One child's home education: since when and why, what the authority did, and what came after."""
    one = _home(request, pk)
    return _page(request, "casework/home_education_page.html", one, out_of_school.home_page(one, request.member))


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def record_home_education(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that the parents educate the child at home."""
    pupil = child(request, pk)
    form = forms.HomeEducationForm(request.POST or None, on=request.member.on)
    if not form.is_valid():
        return ask(request, "casework/record_home_education.html", pupil, form)
    return act(request, pupil, "It is recorded.", actions.record_home_education, pupil, **form.cleaned_data)


def _of_home(
    request: MemberRequest, pk: uuid.UUID, form_class: Any, template: str, *, said: str, doing: Any
) -> HttpResponse:
    one, on = _home(request, pk), request.member.on
    form = form_class(request.POST or None, on=on, earliest=one.from_on)
    back = reverse("home_education_page", args=[one.pk])
    if not form.is_valid():
        return ask(request, template, one.pupil, form, one=one, back=back)
    return act(request, one.pupil, said, doing, one, back=back, **form.cleaned_data)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def add_home_education_step(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write what the authority did: a visit, a decision, a notice, an order."""
    said, template = "It is written down.", "casework/add_home_education_step.html"
    doing = actions.add_home_education_step
    return _of_home(request, pk, forms.HomeEducationStepForm, template, said=said, doing=doing)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def end_home_education(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say when home education ended, and what came after."""
    said, template = "It has ended.", "casework/end_home_education.html"
    return _of_home(request, pk, forms.EndHomeEducationForm, template, said=said, doing=actions.end_home_education)
