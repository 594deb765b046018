"""How each address is described in OpenAPI 3: what it asks, and every answer that it can give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from attendance_portal.api_errors import ERRORS, error_body
from schools.api import shapes

View = Callable[..., Any]
_OF_EVERY_ADDRESS: Final = (401, 403, 429)


class BearerToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """The token in the Authorization header."""

    target_class = "schools.api.asker.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def _error(status: int) -> OpenApiResponse:
    name = ERRORS[status][0]
    example = OpenApiExample(name, value=error_body(status), status_codes=[status])
    return OpenApiResponse(shapes.ErrorShape, description=ERRORS[status][0], examples=[example])


def _answers(good: Mapping[int, Any], *errors: int) -> dict[int, Any]:
    return {**good, **{status: _error(status) for status in sorted({*errors, *_OF_EVERY_ADDRESS})}}


def describes_list(summary: str, asked: type[Serializer], page: type[Serializer]) -> Callable[[View], View]:
    """A list of pages."""
    return extend_schema(summary=summary, parameters=[asked], responses=_answers({200: page}, 400, 404))


_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    OpenApiParameter.HEADER,
    required=True,
    description="A name of your own for this post. The same key again gets the same answer, and stores nothing more.",
    examples=[OpenApiExample("key", value="school-2026-11-16-1")],
)
describes_post: Final = extend_schema(
    summary="Send marks of a school",
    parameters=[_KEY],
    request={"application/json": shapes.POSTED},
    examples=[OpenApiExample("two marks", value=shapes.EXAMPLE, request_only=True)],
    responses=_answers(
        {
            201: OpenApiResponse(shapes.OutcomeShape, description="Stored."),
            202: OpenApiResponse(shapes.WaitingShape, description="Received; a worker stores it. Ask for its state."),
            422: OpenApiResponse(shapes.RefusedShape, description="Refused for its problems; nothing was stored."),
        },
        400,
        404,
        409,
        413,
        415,
    ),
)
describes_posted: Final = extend_schema(
    summary="What became of a post",
    responses=_answers({200: OpenApiResponse(shapes.PostedShape, description="Stored, refused or waiting.")}, 404),
)
