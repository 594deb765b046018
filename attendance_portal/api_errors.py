"""The one shape of every error of the API: a stable name for programs, and a sentence for people."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import JsonResponse

ERRORS: Final[dict[int, tuple[str, str]]] = {
    400: ("bad-request", "The request cannot be understood. The description of the API says what is asked for."),
    401: ("no-token", "Send the header “Authorization: Bearer” with a token that the authority's administrator made."),
    403: ("not-allowed", "This token does not allow this. The authority's administrator can make one that does."),
    404: ("not-found", "There is nothing here, or nothing that this token may know of."),
    405: ("no-such-method", "This address does not answer this method. The description of the API says which."),
    409: ("conflict", "This cannot be done now."),
    413: ("too-large", "The body is larger than {megabytes} MB, so it was not read. Send a shorter period."),
    415: ("not-json", "Send JSON, with the header “Content-Type: application/json”."),
    422: ("refused", "The marks were refused because of their problems; nothing of them was stored."),
    429: ("too-many-requests", "This token asked too often. Wait for as many seconds as Retry-After says."),
    500: ("failed", "The portal failed; nothing was stored. Try again later with the same idempotency key."),
}


def error_body(status: int, sentence: str = "") -> dict[str, str]:
    """The body of an error; its usual sentence where none is given."""
    name, usual = ERRORS.get(status) or ERRORS[500 if status >= 500 else 400]
    return {"error": name, "message": sentence or usual.format(megabytes=settings.API_MOST_BYTES // 1_000_000)}


def api_error(status: int, sentence: str = "") -> JsonResponse:
    """The answer that tells an error."""
    return JsonResponse(error_body(status, sentence), status=status, json_dumps_params={"ensure_ascii": False})
