"""The shapes of what is asked and answered, from which the description of the API is drawn as well."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from schools.api.pages import MOST
from schools.api.reading import compact
from schools.models import Enrolment, Pupil, Register, School, Standing
from schools.models.places import Phase
from schools.reading.posted import MARK_WORDS, PUPIL_WORDS

# --- What is asked ------------------------------------------------------------------------------------------


class Asked(serializers.Serializer):
    """The query of a list. A parameter that the list does not know is refused, lest it narrow nothing in silence."""

    page_size = serializers.IntegerField(min_value=1, max_value=MOST, required=False, help_text="Rows on a page.")
    cursor = serializers.CharField(
        max_length=100, required=False, help_text="Where the page begins: the cursor of the page before."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            known = ", ".join(self.fields)
            told: dict[str, Any] = {unknown[0][:40]: [f"This list knows no such parameter, only {known}."]}
            raise serializers.ValidationError(told)
        return attrs


def _urn() -> serializers.CharField:
    return serializers.CharField(max_length=6, required=False, help_text="The URN of a school.")


# Before any record: the beginning of most computers' clocks, by which a program says “everything”.
_EARLIEST: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _at_a_real_moment(moment: dt.datetime) -> None:
    """Refuses what lies so early that no calendar has the minutes before it."""
    if moment < _EARLIEST:
        raise serializers.ValidationError("It must be 1970-01-01T00:00:00Z or later.")


def _changed_since() -> serializers.DateTimeField:
    return serializers.DateTimeField(
        required=False,
        validators=[_at_a_real_moment],
        help_text="Only what was written at this moment or later, in ISO 8601 with its offset; 1970 at the earliest.",
    )


def _year() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=2000, max_value=2999, required=False, help_text="The calendar year in which the school year begins."
    )


def _year_group() -> serializers.CharField:
    return serializers.CharField(max_length=3, required=False, help_text="0 is Reception; N1 and N2 are nursery.")


class AskedSchools(Asked):
    school = _urn()


class AskedPupils(Asked):
    school = _urn()
    year_group = _year_group()
    changed_since = _changed_since()


class AskedStandings(Asked):
    school = _urn()
    year = _year()
    year_group = _year_group()
    band = serializers.IntegerField(min_value=1, max_value=5, required=False, help_text="The absence category.")
    changed_since = _changed_since()


class AskedRegisters(Asked):
    year = _year()
    year_group = _year_group()
    changed_since = _changed_since()


# --- What is answered ---------------------------------------------------------------------------------------


class SchoolShape(serializers.ModelSerializer):
    """A school."""

    dfe_number = serializers.CharField(source="laestab")
    phase = serializers.ChoiceField(choices=Phase.choices)

    class Meta:
        model = School
        fields = ("urn", "dfe_number", "name", "phase", "area", "closed_on")


class EnrolmentShape(serializers.ModelSerializer):
    """A child on a school's roll, from admission to leaving."""

    school = serializers.CharField(source="school.urn", help_text="The school's URN.")
    admission_number = serializers.CharField(source="local_id")
    registration_group = serializers.CharField(source="reg_group")
    admitted_on = serializers.DateField(source="admission_on", allow_null=True)
    left_on = serializers.DateField(source="leaving_on", allow_null=True)

    class Meta:
        model = Enrolment
        fields = ("school", "admission_number", "year_group", "registration_group", "admitted_on", "left_on")


class PupilShape(serializers.ModelSerializer):
    """A child, with the enrolments that this token may know of."""

    enrolments = EnrolmentShape(source="shown", many=True)

    class Meta:
        model = Pupil
        fields = ("id", "upn", "surname", "forename", "date_of_birth", "sex", "enrolments")


class StandingShape(serializers.ModelSerializer):
    """Where a child stands at a school, from 1 August to the school's latest day with data, in sessions.

    At a school that took another over in the year the sessions at that one are counted too: do not add up the two.
    """

    pupil = serializers.UUIDField(source="pupil_id", help_text="The `id` of the pupil.")
    upn = serializers.CharField(source="pupil.upn", allow_null=True)
    school = serializers.CharField(source="school.urn", help_text="The school's URN.")
    band = serializers.IntegerField(allow_null=True, help_text="The absence category, 1 to 5.")

    class Meta:
        model = Standing
        fields = (
            "pupil", "upn", "school", "year", "year_group", "as_at", "is_on_roll", "possible", "attended",
            "authorised", "unauthorised", "missing", "late", "illness", "band", "persistent", "severe", "at_risk",
            "ten_week_unauthorised", "headroom", "changed_at",
        )  # fmt: skip


class RegisterShape(serializers.Serializer):
    """The marks of a child's year at a school."""

    pupil = serializers.UUIDField(source="enrolment.pupil_id", help_text="The `id` of the pupil.")
    upn = serializers.CharField(source="enrolment.pupil.upn", allow_null=True)
    admission_number = serializers.CharField(source="enrolment.local_id")
    year = serializers.IntegerField(help_text="The calendar year in which the school year begins.")
    year_group = serializers.CharField(allow_blank=True)
    first_on = serializers.DateField(allow_null=True, help_text="The day of the first mark.")
    last_on = serializers.DateField(allow_null=True, help_text="The day of the last mark.")
    marks = serializers.CharField(
        help_text="Codes parted by commas, two a day (morning, afternoon) from the first day to the last, "
        "weekends too. No code is no mark."
    )
    changed_at = serializers.DateTimeField(help_text="When a mark of it was last written.")

    def to_representation(self, instance: Register) -> dict[str, Any]:
        for name, value in compact(instance).items():
            setattr(instance, name, value)
        return dict(super().to_representation(instance)) | {"marks": instance.marks}


def page_shape(name: str, row: type[serializers.BaseSerializer]) -> type[serializers.Serializer]:
    """A page of these rows."""
    fields = {
        "__doc__": "A page of a list.",
        "results": row(many=True),
        "cursor": serializers.CharField(allow_null=True, help_text="The cursor of the next page; null on the last."),
        "next": serializers.CharField(allow_null=True, help_text="The address of the next page; null on the last."),
    }
    return type(name, (serializers.Serializer,), fields)


SchoolPage: Final = page_shape("SchoolPage", SchoolShape)
PupilPage: Final = page_shape("PupilPage", PupilShape)
StandingPage: Final = page_shape("StandingPage", StandingShape)
RegisterPage: Final = page_shape("RegisterPage", RegisterShape)


class ErrorShape(serializers.Serializer):
    """Every error: a stable name for programs, and a sentence for people."""

    error = serializers.CharField()
    message = serializers.CharField()


class ProblemShape(serializers.Serializer):
    """Something in the marks that is not right: the same kinds as of an uploaded file."""

    kind = serializers.CharField(help_text="The stable name of the kind of problem.")
    row = serializers.IntegerField(allow_null=True, help_text="The number of the mark in the order posted, from 1.")
    column = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    message = serializers.CharField(help_text="What is wrong, and what to do.")


class OutcomeShape(serializers.Serializer):
    """What became of a post."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["stored", "refused"])
    message = serializers.CharField()
    status_address = serializers.CharField(help_text="Where the same can be asked again.")
    accepted = serializers.BooleanField()
    pupils = serializers.IntegerField(help_text="Pupils who were recognised in what was posted.")
    marks = serializers.IntegerField(help_text="Marks of them that are good.")
    changed = serializers.IntegerField(help_text="Half-days whose stored mark differs afterwards.")
    problems = ProblemShape(many=True)


class RefusedShape(OutcomeShape):
    """What became of a post that was refused for its problems."""

    error = serializers.CharField()


class WaitingShape(serializers.Serializer):
    """A post that is being stored."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["waiting"])
    message = serializers.CharField()
    status_address = serializers.CharField(help_text="Where to ask what became of it.")


PostedShape: Final = PolymorphicProxySerializer(
    component_name="Posted", serializers=[OutcomeShape, RefusedShape, WaitingShape], resource_type_field_name=None
)


# What may be posted is checked by hand (`schools.reading.posted`), a hundred thousand marks at a time.
_MARK: Final = {
    "type": "object",
    "properties": {
        "date": {"type": "string", "maxLength": MARK_WORDS["date"], "example": "2026-11-16"},
        "session": {"type": "string", "maxLength": MARK_WORDS["session"], "description": "AM or PM."},
        "mark": {
            "type": ["string", "null"],
            "maxLength": MARK_WORDS["mark"],
            "description": "An attendance code. Null, empty and - are no mark, and never erase one.",
        },
    },
    "required": ["date", "session", "mark"],
    "additionalProperties": False,
}
_SAID: Final = {
    "upn": "The unique pupil number.",
    "admission_number": "The school's own number of the pupil.",
    "date_of_birth": "Needed, with name, number and year group, for a pupil who is not yet known.",
    "sex": "F or M, or Female or Male, as in the admission register; anything else is left empty.",
    "year_group": "N1, N2, R or 1 to 13.",
}
POSTED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "accept_good_rows": {
            "type": "boolean",
            "default": False,
            "description": "Store what is good, leave out the rest. Else any problem but a warning refuses it whole.",
        },
        "pupils": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    **{
                        name: {"type": ["string", "null"], "maxLength": longest}
                        | ({"description": _SAID[name]} if name in _SAID else {})
                        for name, (_, longest) in PUPIL_WORDS.items()
                    },
                    "marks": {"type": "array", "minItems": 1, "items": _MARK},
                },
                "required": ["marks"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["pupils"],
    "additionalProperties": False,
}
EXAMPLE: Final[dict[str, Any]] = {
    "pupils": [
        {
            "upn": "H801200001001",
            "admission_number": "0001",
            "surname": "Rowan",
            "forename": "Noa",
            "date_of_birth": "2014-03-14",
            "year_group": "7",
            "registration_group": "7A",
            "marks": [
                {"date": "2026-11-16", "session": "AM", "mark": "/"},
                {"date": "2026-11-16", "session": "PM", "mark": "L"},
            ],
        }
    ]
}
