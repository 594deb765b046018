"""Words that a form shows as a sentence, because who fills it in may not read them: they go back as they stood.

The page is looked at after it was rendered (`schools.children.withheld_homes`), so a form may hold such words without
knowing. Whoever looks at pages says so here for one request; the forms then ask.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms

WITHHELD: Final = "Contact details stand in these words that are not shown to you."
NOT_TAKEN: Final = (
    "Some of the words that stand here are not shown to you, so they cannot be changed. What you typed over them was"
    " not taken."
)


@dataclass(frozen=True)
class Withholding:
    """What is withheld from whoever asks now, and the fields, by their names in the form, that forms have seen to."""

    tells: Callable[[str], bool]
    seen_to: set[str] = field(default_factory=set)


withholding_now: ContextVar[Withholding | None] = ContextVar("withholding_now", default=None)


def put_back(form: forms.BaseForm) -> list[str]:
    """Give the fields whose words were withheld the words that stood there, also where others were typed over them.
    The names of the latter."""
    now = withholding_now.get()
    if now is None or not form.is_bound:
        return []
    stood = {name: words for name, each in form.fields.items()
             if (words := _words(form, name, each)) and now.tells(words)}  # fmt: skip
    if not stood:
        return []
    data: Any = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict is a mapping with a copy
    changed = []
    for name, words in stood.items():
        key = form.add_prefix(name)
        if data.get(key, WITHHELD).strip() not in (WITHHELD, words.strip()):
            changed.append(name)
        data[key] = words
        now.seen_to.add(key)
    form.data = data
    return changed


def _words(form: forms.BaseForm, name: str, each: forms.Field) -> str:
    """The words that stand in a box of words."""
    stands = form.get_initial_for_field(each, name) if isinstance(each, forms.CharField) else ""
    return stands if isinstance(stands, str) else ""
