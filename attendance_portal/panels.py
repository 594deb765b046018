"""How a page shows what lies downstream of it, without importing it (architecture section 1).

`settings.PUPIL_PANELS` and `settings.SCHOOL_PANELS` name functions `(objects, member) -> Panel`: many objects at
once, one query for the list, permission-checked inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.module_loading import import_string

from attendance_portal.models import Membership


@dataclass(frozen=True)
class Panel:
    """A part of other people's pages: `template` shows the `rows` of one object, taken from `by_pk`.

    An object without rows is not in `by_pk`; the page then leaves the panel out.
    """

    title: str
    template: str
    by_pk: Mapping[Any, Sequence[Any]] = field(default_factory=dict)


PanelFunction = Callable[[Sequence[Any], Membership], Panel]


def panels(names: Sequence[str], objects: Sequence[Any], member: Membership) -> list[Panel]:
    """The panels that these dotted names make for these objects, in their order."""
    functions: list[PanelFunction] = [import_string(name) for name in names]
    return [function(objects, member) for function in functions]


def panels_of(names: Sequence[str], one: Any, member: Membership) -> list[dict[str, Any]]:
    """For the page of one object: title, template and rows of each panel that has something to show."""
    return [
        {"title": panel.title, "template": panel.template, "rows": panel.by_pk[one.pk]}
        for panel in panels(names, [one], member)
        if panel.by_pk.get(one.pk)
    ]
