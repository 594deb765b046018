"""Forms that change what is stored: nothing that somebody else wrote while one was typing is lost unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from attendance_portal.gov_forms import GovDateWidget, GovForm
from attendance_portal.merging import digest, merge_choices

BEGAN: Final = "began"
OVERTAKEN: Final = (
    "Somebody else changed this while you were typing, and nothing of yours is saved yet. What they wrote stands above "
    "the form: put both together, and save again."
)
NOT_AS_READ: Final = "The plan was changed since you opened this page. Go back to it and read it again first."
_PARTS: Final = ("day", "month", "year")


class BegunForm(GovForm):
    """A form whose `initial` is what is stored now, in full; the page tells it what stood there when it was opened.

    Field by field (architecture, section 10): what one of two people changed stands; of ticks each person's own count.
    Where both changed one field the form is not valid, `theirs` holds what the other wrote, and saving again puts this
    person's words in its place. Kept on the page are digests of what stood there, for it may hold words that are
    withheld from whoever types; of ticks their codes.
    """

    began = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.theirs: list[tuple[str, str]] = []
        self._overtaken: list[str] = []
        self._stored = {name: _stored(field, self.initial.get(name)) for name, field in self._asked()}
        began = {name: _digest(self.fields[name], raw) for name, raw in self._stored.items()}
        self.initial = {**self.initial, BEGAN: json.dumps(began)}

    def _asked(self) -> list[tuple[str, forms.Field]]:
        return [(name, field) for name, field in self.fields.items() if name != BEGAN]

    def settle_data(self) -> None:
        """Put both people's words together before they are read."""
        posted: Any = self.data
        began = _read(posted.get(BEGAN, ""))
        if not began:
            return
        data: Any = MultiValueDict({key: posted.getlist(key) for key in posted})
        data[BEGAN] = self.initial[BEGAN]
        for name, field in self._asked():
            if name in began:
                self._meet(name, field, began[name], data)
        self.data = data

    def _meet(self, name: str, field: forms.Field, was: Any, data: Any) -> None:
        stored, typed = self._stored[name], _typed(field, name, data)
        now, mine = _digest(field, stored), _digest(field, typed)
        if isinstance(field, forms.MultipleChoiceField):
            ticked = [one for one in was if isinstance(one, str)] if isinstance(was, list) else stored
            _put(field, name, sorted(merge_choices(ticked, typed, stored)), data)
        elif mine == was:
            _put(field, name, stored, data)
        elif now not in (was, mine):
            self._overtaken.append(name)
            self.theirs.append((str(field.label or name), _shown(field, self.initial.get(name))))

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        typed.pop(BEGAN, None)
        for name in self._overtaken:
            self.add_error(name, OVERTAKEN)
        return typed


class AsReadForm(GovForm):
    """A form by which somebody says something to words that they read, and that others may change meanwhile.

    `now`: a digest of the words as they stand (`plan_pages.as_it_stands`). Where the page was opened with another one,
    nothing is said yet.
    """

    read = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.initial = {**self.initial, "read": now}

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.pop("read", "") not in ("", self.now):
            raise ValidationError(NOT_AS_READ, code="changed")
        return typed


def _read(sent: str) -> dict[str, Any]:
    """What the page says of how it began; nothing where it does not say, as a program that posts does not."""
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _stored(field: forms.Field, value: Any) -> Any:
    """A stored value as a browser would send it: a text, a list of ticks or of the boxes of a date."""
    if isinstance(field.widget, GovDateWidget):
        return [_text(part) for part in field.widget.decompress(value)]
    if isinstance(field, forms.MultipleChoiceField):
        return [str(one) for one in value or []]
    if isinstance(field, forms.BooleanField):
        return "on" if value else ""
    return _text(value)


def _typed(field: forms.Field, name: str, data: Mapping[str, Any]) -> Any:
    sent = field.widget.value_from_datadict(data, {}, name)
    if isinstance(field.widget, GovDateWidget):
        return [_text(part) for part in sent]
    if isinstance(field, forms.MultipleChoiceField):
        return [str(one) for one in sent or []]
    if isinstance(field, forms.BooleanField):
        return "on" if sent else ""
    return _text(sent)


def _text(value: Any) -> str:
    return "" if value is None else "\n".join(str(value).splitlines()).strip()


def _digest(field: forms.Field, raw: Any) -> Any:
    if isinstance(field, forms.MultipleChoiceField):
        return raw
    return digest(raw)


def _put(field: forms.Field, name: str, raw: Any, data: Any) -> None:
    """Let the form read this value, as if it had been typed."""
    if isinstance(field.widget, GovDateWidget):
        for part, text in zip(_PARTS, raw, strict=True):
            data[f"{name}_{part}"] = text
    elif isinstance(field, forms.MultipleChoiceField):
        data.setlist(name, raw)
    elif isinstance(field, forms.BooleanField) and not raw:
        data.pop(name, None)
    else:
        data[name] = raw


def _shown(field: Any, value: Any) -> str:
    """A stored value as a person reads it."""
    if value in (None, ""):
        return "Nothing"
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    return labels.get(str(value), f"{value:%-d %B %Y}" if hasattr(value, "strftime") else str(value))
