"""The request as the middleware hands it on, and as a view sees it once `@requires` has let it in."""

from django.http import HttpRequest

from attendance_portal.models import Integration, Invitation, Membership, User


class PortalRequest(HttpRequest):
    """A request on its way: `AuthorityMiddleware` sets who asks, or None of a stranger."""

    member: Membership | None
    invitation: Invitation | None
    integration: Integration | None
    """Whose token the API was asked with; None everywhere else."""
    refused_token: str
    """Why the token opened nothing."""
    may_export: bool
    """Whether a list on this page may be taken as a file; set by `@requires`."""


class MemberRequest(HttpRequest):
    """A request that `@requires` let in: who asks is known."""

    user: User
    member: Membership
    may_export: bool
