"""Pages about people themselves: taking up an invitation, switching, one's own account, pages open to all."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from attendance_portal import actions, clock
from attendance_portal.forms import AcceptInvitationForm, AccountForm
from attendance_portal.middleware import MEMBERSHIP_KEY
from attendance_portal.models import Invitation, Membership, SignInEvent
from attendance_portal.permissions import open_to_all, requires
from attendance_portal.presenters import problem_with, sign_in_words
from attendance_portal.requests import MemberRequest, PortalRequest
from attendance_portal.roles import Permission

LATEST_SIGN_INS = 10


@open_to_all
@never_cache
def accept_invitation(request: PortalRequest, token: str) -> HttpResponse:
    """The page of an invitation's link. To look at it changes nothing: mail programs follow links too."""
    invitation: Invitation | None = request.invitation
    at = clock.now(invitation.membership.authority) if invitation else timezone.now()
    problem = problem_with(invitation, at)
    if problem or invitation is None:
        page = {"problem": problem, "invitation": invitation}
        return render(request, "attendance_portal/accept_invitation.html", page, status=410)
    if invitation.membership.user.has_usable_password():
        return _join(request, invitation)
    if request.user.is_authenticated:
        return _answer_other_person(request, invitation)
    return _begin(request, invitation)


def _begin(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    """A person new to the portal chooses a name and a password, and is signed in."""
    user = invitation.membership.user
    form = AcceptInvitationForm(request.POST or None, user=user)
    if not form.is_valid():
        page = {"form": form, "invitation": invitation}
        return render(request, "attendance_portal/accept_invitation.html", page)
    name, password = form.cleaned_data["name"], form.cleaned_data["password"]
    at = clock.now(invitation.membership.authority)
    member = actions.accept_invitation(invitation, name=name, password=password, at=at)
    login = Login(user=member.user, email=user.email, redirect_url="/")
    answer: HttpResponse = perform_password_login(request, {"email": user.email}, login)
    request.session[MEMBERSHIP_KEY] = str(member.pk)
    return answer


def _join(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    """A person who has a password already signs in with it, and joins with one press."""
    if not request.user.is_authenticated:
        if request.method == "POST":
            return redirect_to_login(request.path)
        page = {"invitation": invitation, "must_sign_in": True}
        return render(request, "attendance_portal/accept_invitation.html", page)
    if request.user.pk != invitation.membership.user_id:
        return _answer_other_person(request, invitation)
    if request.method != "POST":
        page = {"invitation": invitation, "may_join": True}
        return render(request, "attendance_portal/accept_invitation.html", page)
    member = actions.join(invitation, at=clock.now(invitation.membership.authority))
    request.session[MEMBERSHIP_KEY] = str(member.pk)
    messages.success(request, f"You now work in {member.authority} as {member.role_label}.")
    return redirect("/")


def _answer_other_person(request: PortalRequest, invitation: Invitation) -> HttpResponse:
    page = {"invitation": invitation, "is_for_another": True}
    return render(request, "attendance_portal/accept_invitation.html", page, status=409)


@open_to_all
@never_cache
def switch_membership(request: PortalRequest) -> HttpResponse:
    """Choose in which authority and role to work; the choice lasts as long as the session."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    theirs = Membership.objects.working().with_people().filter(user=request.user)
    if request.method == "POST":
        chosen = next((one for one in theirs if str(one.pk) == request.POST.get("membership")), None)
        if chosen is None:
            raise Http404
        request.session[MEMBERSHIP_KEY] = str(chosen.pk)
        messages.success(request, f"You now work in {chosen.authority} as {chosen.role_label}.")
        return redirect(_local(request, request.POST.get("next", "")))
    return render(request, "attendance_portal/switch_membership.html", {"memberships": theirs})


def _local(request: PortalRequest, address: str) -> str:
    """An address of this site, else the home page: never one that leads elsewhere."""
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else "/"


@open_to_all
def no_membership(request: PortalRequest) -> HttpResponse:
    """Where a person lands who can sign in and works nowhere."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.member is not None:
        return redirect("/")
    return render(request, "attendance_portal/no_membership.html")


@requires(Permission.HOME_SEE)
@never_cache
def account(request: MemberRequest) -> HttpResponse:
    """A person's own account: name, telephone, password, second factor, and the latest sign-ins."""
    member = request.member
    initial = {"name": member.user.name, "telephone": member.telephone}
    form = AccountForm(request.POST or None, initial=initial)
    if form.is_valid():
        actions.change_own_details(member, **form.cleaned_data, by=member)
        messages.success(request, "Your details were saved.")
        return redirect("account")
    events = SignInEvent.objects.filter(email=member.user.email).order_by("-at")[:LATEST_SIGN_INS]
    page = {
        "form": form,
        "has_second_factor": is_mfa_enabled(member.user),
        "sign_ins": [(event, sign_in_words(event)) for event in events],
    }
    return render(request, "attendance_portal/account.html", page)


@requires(Permission.HOME_SEE)
@require_safe
def keep_alive(request: PortalRequest) -> HttpResponse:
    """Someone who types asks for this now and then, so that the idle clock starts anew. Answers nothing."""
    return HttpResponse(status=204)


@requires(Permission.HOME_SEE)
def email_address(request: PortalRequest) -> HttpResponse:
    """Says why the address cannot be changed here: the invitation that was followed has proved it."""
    return render(request, "attendance_portal/email_address.html")


@open_to_all
@require_safe
def privacy(request: PortalRequest) -> HttpResponse:
    return render(request, "attendance_portal/privacy.html")


@open_to_all
@require_safe
def accessibility(request: PortalRequest) -> HttpResponse:
    return render(request, "attendance_portal/accessibility.html")


@open_to_all
@require_safe
def cookies(request: PortalRequest) -> HttpResponse:
    page = {"idle_minutes": settings.IDLE_MINUTES}
    return render(request, "attendance_portal/cookies.html", page)
