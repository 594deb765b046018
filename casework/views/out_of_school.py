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
from casework.views.tracking import act, ask, child, enquiring_schools, tracked_list


def _enquiry(request: MemberRequest, pk: uuid.UUID) -> EducationEnquiry:
    seen = EducationEnquiry.objects.visible_to(request.member).select_related("pupil", "school", "begun_by__user")
    found: EducationEnquiry = get_object_or_404(seen, pk=pk)
    return found


def _home(request: MemberRequest, pk: uuid.UUID) -> HomeEducation:
    people = ("recorded_by__user", "in_error_by__user")
    seen = HomeEducation.objects.visible_to(request.member).select_related("pupil", *people)
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
    schools = enquiring_schools(pupil, request)
    form = forms.EnquiryForm(request.POST or None, on=on, schools=schools, initial={"begun_on": on})
    page: Any = {"form": form, "template": "casework/begin_enquiry.html"}
    if not form.is_valid():
        return ask(request, pupil=pupil, **page)
    return act(request, pupil, "The enquiry is open.", actions.begin_enquiry, pupil, **page, **form.cleaned_data)


def _of_enquiry(
    request: MemberRequest, pk: uuid.UUID, form_class: Any, template: str, *, said: str, doing: Any
) -> HttpResponse:
    one, on = _enquiry(request, pk), request.member.on
    form = form_class(request.POST or None, on=on, one=one)
    page: Any = {"form": form, "template": template, "back": reverse("enquiry_page", args=[one.pk])}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    return act(request, one.pupil, said, doing, one, **page, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def add_enquiry_step(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Write what was asked of whom; also that from then on both sides enquire."""
    one, on = _enquiry(request, pk), request.member.on
    told = {"is_joint": one.is_joint, "schools": enquiring_schools(one.pupil, request)}
    form = forms.EnquiryStepForm(request.POST or None, on=on, initial={"school": one.school}, **told)
    back, template = reverse("enquiry_page", args=[one.pk]), "casework/add_enquiry_step.html"
    page: Any = {"form": form, "template": template, "back": back}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=one, **page)
    said, doing = "It is written into the enquiry.", actions.add_enquiry_step
    return act(request, one.pupil, said, doing, one, **page, **form.cleaned_data)


@requires(Permission.TRACKING_KEEP)
def answer_enquiry_step(request: MemberRequest, pk: uuid.UUID, step: int) -> HttpResponse:
    """Write the answer to what was asked, once it has come."""
    one = _enquiry(request, pk)
    asked = get_object_or_404(one.steps.select_related("enquiry"), pk=step)
    form = forms.AnswerForm(request.POST or None, on=request.member.on, earliest=asked.asked_on)
    back, template = reverse("enquiry_page", args=[one.pk]), "casework/answer_enquiry_step.html"
    page: Any = {"form": form, "template": template, "back": back}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=asked, **page)
    said, doing = "The answer is written down.", actions.answer_enquiry_step
    return act(request, one.pupil, said, doing, asked, **page, **form.cleaned_data)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def record_missing(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Find that the child is missing education, or correct or change what was found."""
    said, template = "The child counts as missing education.", "casework/record_missing.html"
    return _of_enquiry(request, pk, forms.MissingForm, template, said=said, doing=actions.record_missing)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def end_enquiry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what came of the enquiry."""
    said, template = "The enquiry has ended.", "casework/end_enquiry.html"
    if request.POST.get("outcome") == EducationEnquiry.Outcome.HOME:
        said += " Record the home education next: until then the child is in neither count."
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
    page: Any = {"form": form, "template": "casework/record_home_education.html"}
    if not form.is_valid():
        return ask(request, pupil=pupil, **page)
    schools = "" if form.cleaned_data["ended_on"] else out_of_school.on_roll_at(pupil, request.member)
    on_a_roll = f" The child is on the roll of {schools}: until that has ended they count as educated there."
    said = "It is recorded." + (on_a_roll if schools else "")
    return act(request, pupil, said, actions.record_home_education, pupil, **page, **form.cleaned_data)


def _of_home(
    request: MemberRequest,
    pk: uuid.UUID,
    form_class: Any,
    template: str,
    *,
    said: str,
    doing: Any,
    step: int | None = None,
) -> HttpResponse:
    one, on = _home(request, pk), request.member.on
    about = one if step is None else get_object_or_404(one.steps.select_related("home_education"), pk=step)
    form = form_class(request.POST or None, on=on, earliest=one.from_on)
    page: Any = {"form": form, "template": template, "back": reverse("home_education_page", args=[one.pk])}
    if not form.is_valid():
        return ask(request, pupil=one.pupil, one=about, **page)
    return act(request, one.pupil, said, doing, about, **page, **form.cleaned_data)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def void_home_education(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that home education was recorded in error."""
    said, template = "It counts no more. It stays here to be read.", "casework/void_home_education.html"
    return _of_home(request, pk, forms.InErrorForm, template, said=said, doing=actions.void_home_education)


@requires(Permission.OUT_OF_SCHOOL_KEEP)
def void_home_education_step(request: MemberRequest, pk: uuid.UUID, step: int) -> HttpResponse:
    """Say that a notice, an order or another step was written down in error."""
    said, template = "It counts no more. It stays here to be read.", "casework/void_home_education_step.html"
    doing = actions.void_home_education_step
    return _of_home(request, pk, forms.InErrorForm, template, said=said, doing=doing, step=step)


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
