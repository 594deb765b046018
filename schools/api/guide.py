"""Examples of the API, as its page shows them."""

from __future__ import annotations

import json

from attendance_portal.api_errors import ERRORS, error_body
from schools.api.shapes import EXAMPLE


def post_example(site: str) -> str:
    """How marks are sent with curl."""
    body = json.dumps(EXAMPLE, indent=1)
    return (
        f"curl {site}/api/v1/schools/123456/marks \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        '  -H "Idempotency-Key: school-2026-11-16-1" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )


def read_example(site: str) -> str:
    """How standings are read with curl."""
    address = f"{site}/api/v1/standings?school=123456&band=5"
    return f'curl -H "Authorization: Bearer $TOKEN" "{address}"'


def errors() -> list[tuple[int, str, str]]:
    """Status, name and usual sentence of each error."""
    return [(status, name, error_body(status)["message"]) for status, (name, _) in ERRORS.items()]
