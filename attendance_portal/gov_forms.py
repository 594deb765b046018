"""Forms in the GOV.UK Design System's markup.

Write an ordinary Django form on `GovForm` (or a model form on `GovFormMixin`); `{{ form }}` then renders each
field with its label, hint, error and the design system's classes. Beside Django's own, a form may say:

    reveals = {"mode": {"online": ("link",)}}        fields shown under one choice of radios or checkboxes
    option_hints = {"mode": {"online": "…"}}         a hint under one choice
    inline = ("mode",)                               radios side by side
    small = ("surname",)                             the label as plain text instead of bold

A long text with `max_length` gets a character count. A `GovDateField` is three boxes: day, month, year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates
from django.template import loader

from attendance_portal.withheld_words import NOT_TAKEN, put_back

MONTHS = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file"),
    (forms.Select, "select"),
)
CLASSES = {
    "input": "govuk-input",
    "textarea": "govuk-textarea",
    "file": "govuk-file-upload",
    "select": "govuk-select",
}


class GovRenderer(DjangoTemplates):
    """Our templates for forms and fields, Django's own for what is inside a widget."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def get_template(self, template_name: str) -> Any:
        if template_name.startswith("forms/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)


class GovDateWidget(forms.MultiWidget):
    """Day, month and year in three boxes named `<field>_day`, `<field>_month`, `<field>_year`."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        boxes: dict[str, forms.Widget | type[forms.Widget]] = {
            part: forms.TextInput(attrs={"inputmode": "numeric"}) for part in ("day", "month", "year")
        }
        super().__init__(boxes, attrs)

    def decompress(self, value: date | str | None) -> list[Any]:
        if isinstance(value, str):
            value = date.fromisoformat(value)
        return [value.day, value.month, value.year] if value else [None, None, None]


def month_number(typed: str) -> int:
    """The month a person typed as a number or as a word; `ValueError` when it is neither."""
    word = typed.strip().lower()[:3]
    return MONTHS.index(word) + 1 if word in MONTHS else int(typed)


class GovDateField(forms.MultiValueField):
    """A date typed in three boxes; the month may be a word. Errors name what is missing."""

    widget = GovDateWidget

    def __init__(self, *, earliest: date | None = None, latest: date | None = None, **kwargs: Any) -> None:
        self.earliest, self.latest = earliest, latest
        parts = tuple(forms.CharField(required=False) for _ in range(3))
        super().__init__(parts, require_all_fields=False, **kwargs)

    @property
    def words(self) -> str:
        return str(self.label) if self.label else "Date"

    def clean(self, value: Any) -> date | None:
        typed = [str(part or "").strip() for part in value or ("", "", "")]
        if not any(typed):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        missing = [part for part, text in zip(("day", "month", "year"), typed, strict=True) if not text]
        if missing:
            raise ValidationError(
                f"{self.words} must include a {' and '.join(missing)}",
                code="incomplete",
            )
        return self._between(self._real(typed))

    def _real(self, typed: list[str]) -> date:
        try:
            day, month, year = int(typed[0]), month_number(typed[1]), int(typed[2])
            if year < 1000:
                raise ValidationError(f"{self.words} must have a year of four figures", code="invalid")
            return date(year, month, day)
        except ValueError:
            raise ValidationError(f"{self.words} must be a real date", code="invalid") from None

    def _between(self, day: date) -> date:
        if self.earliest and day < self.earliest:
            raise ValidationError(
                f"{self.words} must be on or after {self.earliest:%-d %B %Y}",
                code="early",
            )
        if self.latest and day > self.latest:
            raise ValidationError(
                f"{self.words} must be on or before {self.latest:%-d %B %Y}",
                code="late",
            )
        return day

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = initial if isinstance(initial, list) else GovDateWidget().decompress(initial)
        return [str(part or "") for part in before] != [str(part or "").strip() for part in data or [""] * 3]


class Option:
    """One choice of radios or checkboxes, with its hint and the fields it reveals."""

    def __init__(self, data: Mapping[str, Any], hint: str, revealed: list[BoundField]) -> None:
        self.data, self.hint, self.revealed = data, hint, revealed


class GovBoundField(BoundField):
    """A field with what its markup needs to know."""

    @property
    def kind(self) -> str:
        widget = self.field.widget
        if isinstance(widget, GovDateWidget):
            return "date"
        return next((kind for type_, kind in KINDS if isinstance(widget, type_)), "input")

    @property
    def described_by(self) -> str:
        parts = [f"{self.auto_id}-hint"] if self.help_text else []
        return " ".join(parts + ([f"{self.auto_id}-error"] if self.errors else []))

    @property
    def counts_to(self) -> int | None:
        """The length a long text may have; shown as a character count."""
        return getattr(self.field, "max_length", None) if self.kind == "textarea" else None

    @property
    def first_id(self) -> str:
        """The identifier a link of the error summary goes to."""
        several = self.kind in ("radios", "checkboxes", "date")
        return f"{self.auto_id}_0" if several else str(self.auto_id)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        built = dict(super().build_widget_attrs(attrs, widget))
        css = CLASSES.get(self.kind)
        if css and not (widget or self.field.widget).is_hidden:
            own = (widget or self.field.widget).attrs.get("class", "")
            counted = "govuk-js-character-count" if self.counts_to else ""
            wrong = f"{css}--error" if self.errors else ""
            built["class"] = " ".join(filter(None, [css, wrong, counted, own]))
            described = f"{self.described_by} {self.auto_id}-info" if self.counts_to else self.described_by
            built["aria-describedby"] = described.strip()
        return {name: value for name, value in built.items() if value not in (None, "")}

    @property
    def boxes(self) -> list[dict[str, Any]]:
        """The three boxes of a date."""
        context = self.field.widget.get_context(self.html_name, self.value(), {"id": self.auto_id})
        labels = (("Day", 2), ("Month", 2), ("Year", 4))
        return [
            {
                "label": label,
                "width": width,
                "name": box["name"],
                "value": box["value"],
                "id": box["attrs"]["id"],
            }
            for (label, width), box in zip(labels, context["widget"]["subwidgets"], strict=True)
        ]

    @property
    def options(self) -> list[Option]:
        hints = getattr(self.form, "option_hints", {}).get(self.name, {})
        revealed = getattr(self.form, "reveals", {}).get(self.name, {})
        return [self._option(widget.data, hints, revealed) for widget in self.subwidgets]

    def _option(
        self,
        data: dict[str, Any],
        hints: Mapping[str, str],
        revealed: Mapping[str, Any],
    ) -> Option:
        value = str(data["value"])
        return Option(
            data,
            hints.get(value, ""),
            [self.form[name] for name in revealed.get(value, ())],
        )

    @property
    def is_inline(self) -> bool:
        return self.name in getattr(self.form, "inline", ())

    @property
    def is_small(self) -> bool:
        return self.name in getattr(self.form, "small", ())


class GovFormMixin(forms.BaseForm):
    """Makes a Django form render, and a model form's date fields behave, as the design system has it."""

    default_renderer = GovRenderer
    bound_field_class = GovBoundField
    reveals: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {}
    option_hints: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    inline: ClassVar[tuple[str, ...]] = ()
    small: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False

    def full_clean(self) -> None:
        """Clean, with words that are withheld from who fills it in as they stood."""
        changed = put_back(self)
        self.settle_data()
        super().full_clean()
        for name in changed:
            self.add_error(name, NOT_TAKEN)

    def settle_data(self) -> None:
        """What a form does to `data` before it is read and after withheld words are put back: nothing, but for some."""

    def laid_out(self) -> Iterator[BoundField]:
        """The fields at the top level: those no choice reveals and that are not hidden."""
        under = {name for options in self.reveals.values() for names in options.values() for name in names}
        return (field for field in self.visible_fields() if field.name not in under)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every error with the identifier of what it is about, in the order of the page."""
        found = [("", str(error)) for error in self.non_field_errors()]
        for name in self.fields:
            field = self[name]
            if isinstance(field, GovBoundField):
                found += [(field.first_id, str(error)) for error in field.errors]
        return found


class GovForm(GovFormMixin, forms.Form):
    """A plain form in the design system's markup."""
