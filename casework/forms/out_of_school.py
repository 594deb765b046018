"""What is typed about children who may be missing education, and children educated at home."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from attendance_portal.gov_forms import GovDateField, GovForm
from casework import termly_categories as categories
from casework.forms.tracking import long_text
from casework.models import EducationEnquiry, EnquiryStep, HomeEducation, HomeEducationStep


class UntilToday(GovForm):
    """Days that are today or before; named in `past`."""

    past: tuple[str, ...] = ()

    def __init__(self, *args: Any, on: dt.date, earliest: dt.date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.past:
            day: Any = self.fields[name]
            day.latest, day.earliest = on, earliest
        for name, rows in (("primary_reason", self.reasons), ("school_before", categories.SCHOOLS_BEFORE)):
            if name in self.fields:
                field: Any = self.fields[name]
                field.choices = [("", "Choose one"), *categories.choices(rows, on)]

    reasons: tuple[categories.Category, ...] = ()


class Together(UntilToday):
    """Whether the authority enquires with a school, and with which: of those where the child is or was."""

    is_joint = forms.BooleanField(
        label="The school and the authority enquire together",
        help_text="A name may be deleted for absence only after both have made reasonable enquiries.",
        required=False,
    )
    school: Any = forms.ModelChoiceField(label="School", queryset=None, required=False, empty_label="None")

    def __init__(self, *args: Any, schools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["school"]
        field.queryset = schools

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("is_joint") and not typed.get("school"):
            self.add_error("school", "Choose the school that enquires together with the authority")
        return typed


class EnquiryForm(Together):
    """Why somebody asks whether the child is missing education."""

    past = ("begun_on",)
    begun_on = GovDateField(label="Day on which it was begun", error_messages={"required": "Enter the day"})
    why = long_text("Why?", "Enter why there is an enquiry", hint="What is known of where the child is.")
    field_order = ("begun_on", "why")


class EnquiryStepForm(Together):
    """What was asked of whom; and that from then on both sides enquire, where one began alone."""

    past = ("asked_on",)
    side = forms.ChoiceField(
        label="Who asked?", widget=forms.RadioSelect, choices=EnquiryStep.Side.choices,
        error_messages={"required": "Choose who asked"},
    )  # fmt: skip
    whom = forms.CharField(
        label="Who was asked?", help_text="For example, a parent, a sibling’s school, housing or the health visitor.",
        max_length=200, error_messages={"required": "Enter who was asked"},
    )  # fmt: skip
    asked_on = GovDateField(label="When?", error_messages={"required": "Enter the day"})
    asked = long_text("What was asked?", "Enter what was asked")
    answer = long_text(
        "What did they answer?", "", hint="Leave it empty if there is no answer yet: it can be added.", required=False
    )
    field_order = ("side", "whom", "asked_on", "asked", "answer")

    def __init__(self, *args: Any, is_joint: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_joint"].label = "From this day on the school and the authority enquire together"
        for name in ("is_joint", "school") if is_joint else ():
            del self.fields[name]


class AnswerForm(UntilToday):
    """The answer to what was asked, once it has come."""

    past = ("answered_on",)
    answer = long_text("What did they answer?", "Enter what they answered")
    answered_on = GovDateField(label="When?", error_messages={"required": "Enter the day"})


class MissingForm(UntilToday):
    """That the child is missing education: on no roll, and without suitable education otherwise."""

    past = ("found_missing_on",)
    reasons = categories.MISSING_REASONS
    found_missing_on = GovDateField(
        label="From which day does the child count as missing education?",
        help_text="The day on which this was found: no roll, and no suitable education otherwise.",
        error_messages={"required": "Enter the day"},
    )
    is_correction = forms.BooleanField(
        label="The day from which the child was said to count was wrong",
        help_text="Only then may the day be a later one: of a census date before it the child is not counted any more.",
        required=False,
    )
    missing_from_on = GovDateField(
        label="Since when is the child without education?", required=False,
        help_text="Leave it empty if that is not known.",
    )  # fmt: skip
    primary_reason = forms.ChoiceField(label="Main reason", error_messages={"required": "Choose the main reason"})

    def __init__(self, *args: Any, one: EducationEnquiry, **kwargs: Any) -> None:
        """It opens with what was found, where something was."""
        names = ("found_missing_on", "missing_from_on", "primary_reason") if one.is_missing else ()
        super().__init__(*args, initial={name: getattr(one, name) for name in names}, **kwargs)
        if not one.is_missing:
            del self.fields["is_correction"]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        since, found = typed.get("missing_from_on"), typed.get("found_missing_on")
        if since and found and since > found:
            self.add_error("missing_from_on", "This must be on or before the day on which it was found")
        return typed


class EndEnquiryForm(UntilToday):
    """What came of the enquiry."""

    past = ("ended_on",)
    outcome = forms.ChoiceField(
        label="What came of it?", widget=forms.RadioSelect, choices=EducationEnquiry.Outcome.choices,
        error_messages={"required": "Choose what came of it"},
    )  # fmt: skip
    ended_on = GovDateField(
        label="Since when?", help_text="From this day on the child is not missing education any more.",
        error_messages={"required": "Enter the day"},
    )  # fmt: skip
    outcome_words = long_text("In a sentence or two", "Enter what is known now", hint="For example, the new school.")

    def __init__(self, *args: Any, one: EducationEnquiry, **kwargs: Any) -> None:
        super().__init__(*args, earliest=max(one.begun_on, one.found_missing_on or one.begun_on), **kwargs)


class HomeEducationForm(UntilToday):
    """That the parents educate the child at home, or did until a day."""

    past = ("ended_on",)
    reasons = categories.HOME_REASONS
    from_on = GovDateField(label="From which day?", error_messages={"required": "Enter the day"})
    primary_reason = forms.ChoiceField(
        label="Main reason, as the parents gave it", error_messages={"required": "Choose the main reason"}
    )
    school_before = forms.ChoiceField(
        label="Kind of school before", error_messages={"required": "Choose the kind of school"}
    )
    words = long_text("What the parents said", "", hint="In their own words, if you can.", required=False)
    ended_on = GovDateField(
        label="Since when has it ended?",
        required=False,
        help_text="Leave it empty while the child is educated at home.",
    )
    ended = forms.ChoiceField(
        label="If it has ended, what came after?",
        required=False,
        choices=[("", "Choose one"), *HomeEducation.Ended.choices],
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        began, ended_on = typed.get("from_on"), typed.get("ended_on")
        if began and ended_on and ended_on < began:
            self.add_error("ended_on", "This must be on or after the first day")
        if ended_on and not typed.get("ended"):
            self.add_error("ended", "Choose what came after")
        if typed.get("ended") and not ended_on and "ended_on" not in self.errors:
            self.add_error("ended_on", "Enter the day since when it has ended")
        return typed


class HomeEducationStepForm(UntilToday):
    """What the authority did about a child's home education."""

    past = ("happened_on",)
    kind = forms.ChoiceField(
        label="What happened?", widget=forms.RadioSelect, choices=HomeEducationStep.Kind.choices,
        error_messages={"required": "Choose what happened"},
    )  # fmt: skip
    happened_on = GovDateField(label="When?", error_messages={"required": "Enter the day"})
    words = long_text("In a sentence or two", "", required=False)


class EndHomeEducationForm(UntilToday):
    """When home education ended, and what came after."""

    past = ("ended_on",)
    ended = forms.ChoiceField(
        label="What came after?", widget=forms.RadioSelect, choices=HomeEducation.Ended.choices,
        error_messages={"required": "Choose what came after"},
    )  # fmt: skip
    ended_on = GovDateField(
        label="Since when?", help_text="From this day on the child is not educated at home any more.",
        error_messages={"required": "Enter the day"},
    )  # fmt: skip
    ended_words = long_text("In a sentence or two", "Enter what is known now")


class InErrorForm(UntilToday):
    """Why something was never so."""

    why = long_text(
        "What was wrong?", "Enter what was wrong", hint="For example, that it was another child.", length=500
    )


class CensusForm(GovForm):
    """The day on which the children are counted."""

    census = GovDateField(label="Census date", required=False)
