"""The sex that a school's register states, put onto the children's records."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection

from attendance_portal.tenancy import current_authority_id

_PUT = """
    UPDATE schools_pupil p SET sex = n.sex
    FROM json_to_recordset(%(rows)s::json) AS n (id uuid, sex text)
    WHERE p.id = n.id AND p.authority_id = %(authority)s AND p.sex <> n.sex AND (%(is_latest)s OR p.sex = '')
"""


def take_over_sex(told: Sequence[tuple[uuid.UUID, str]], is_latest: bool) -> None:
    """Put F or M onto each child where it is held otherwise; what is left empty stays. One query, if anything is told.

    What is not the latest of the register (`is_latest` false) only fills what is not held.
    """
    rows = [{"id": str(pupil), "sex": sex} for pupil, sex in told if sex]
    if rows:
        with connection.cursor() as cursor:
            asked: dict[str, Any] = {"rows": json.dumps(rows), "authority": current_authority_id()}
            cursor.execute(_PUT, asked | {"is_latest": is_latest})
