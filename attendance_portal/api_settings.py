"""Settings of the API's framework and of its description."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["schools.api.asker.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["schools.api.asker.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["schools.api.asker.PaceOfToken"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "schools.api.asker.JsonAlone",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "schools.api.endpoints.answer_error",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Attendance portal",
    "VERSION": "1",
    "DESCRIPTION": "School systems and data hubs send marks; a council's warehouse reads.",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "ENUM_NAME_OVERRIDES": {"OutcomeState": ["stored", "refused"], "WaitingState": ["waiting"]},
}
