"""The permanent code book: the number of each mark, what it means and counts as, and from which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from attendance_portal.law import Confidence, DatedRule, NoRuleInForce, Strength, all_in_force

# What a mark counts as. These numbers are in the lookup tables only, never stored.
NO_MARK: Final = 0
ATTENDING: Final = 1
AUTHORISED: Final = 2
UNAUTHORISED: Final = 3
NOT_POSSIBLE: Final = 4
NOT_COLLECTED: Final = 5

POSSIBLE_CLASSES: Final = frozenset({ATTENDING, AUTHORISED, UNAUTHORISED})
ABSENT_CLASSES: Final = frozenset({AUTHORISED, UNAUTHORISED})

# The number of each mark in a stored register. A number is never reused and never changed; 0 is no mark.
NUMBERS: Final[dict[str, int]] = {
    "/": 1, "\\": 2, "L": 3, "K": 4, "V": 5, "P": 6, "W": 7, "B": 8, "D": 9, "C1": 10, "M": 11, "J1": 12,
    "S": 13, "X": 14, "C2": 15, "C": 16, "T": 17, "R": 18, "I": 19, "E": 20, "Q": 21, "Y1": 22, "Y2": 23,
    "Y3": 24, "Y4": 25, "Y5": 26, "Y6": 27, "Y7": 28, "G": 29, "N": 30, "O": 31, "U": 32, "Z": 33, "#": 34,
    "J": 35, "H": 36, "F": 37, "Y": 38,
}  # fmt: skip
MARKS: Final[dict[int, str]] = {number: mark for mark, number in NUMBERS.items()}

# Sets that cut across the classes.
APPROVED_ACTIVITY: Final = frozenset("KVPWBJ")
LATE: Final = frozenset("LU")
PLANNED_CLOSURE: Final = "#"
ILLNESS: Final = "I"
PART_TIME: Final = "C2"

BOOK_OPENS_ON: Final = date(2010, 8, 1)
EXTENDED_HOLIDAY_ENDED_ON: Final = date(2013, 8, 31)
NEW_CODES_BEGAN_ON: Final = date(2024, 8, 19)

_LAST_OLD_DAY: Final = NEW_CODES_BEGAN_ON - timedelta(days=1)
_OLD = "codes before 19 August 2024: Education (Pupil Registration) (England) Regulations 2006 and DfE guidance"
_TABLE = "SI 2024/208 reg 10; class as in Working together to improve school attendance (August 2024), chapter 8"


@dataclass(frozen=True, kw_only=True)
class CodeRule(DatedRule):
    """What one mark means and counts as while the row is in force."""

    mark: str
    counts_as: int
    meaning: str
    dfe_column: str

    @property
    def number(self) -> int:
        return NUMBERS[self.mark]


def _row(
    mark: str, counts_as: int, meaning: str, dfe: str, *, began: date, ended: date | None, source: str
) -> CodeRule:
    return CodeRule(
        mark=mark, counts_as=counts_as, meaning=meaning, dfe_column=dfe,
        in_force_from=began, in_force_until=ended,
        source=source, strength=Strength.MUST, confidence=Confidence.SECONDARY,
    )  # fmt: skip


def _throughout(mark: str, counts_as: int, meaning: str, dfe: str) -> CodeRule:
    return _row(mark, counts_as, meaning, dfe, began=BOOK_OPENS_ON, ended=None, source=f"{_OLD}; {_TABLE}")


def _new(mark: str, counts_as: int, meaning: str, dfe: str) -> CodeRule:
    return _row(mark, counts_as, meaning, dfe, began=NEW_CODES_BEGAN_ON, ended=None, source=_TABLE)


def _old(mark: str, counts_as: int, meaning: str, dfe: str, ended: date = _LAST_OLD_DAY) -> CodeRule:
    return _row(mark, counts_as, meaning, dfe, began=BOOK_OPENS_ON, ended=ended, source=_OLD)


CODE_BOOK: Final[tuple[CodeRule, ...]] = (
    _throughout("/", ATTENDING, "Present in the morning", "reason_present_am"),
    _throughout("\\", ATTENDING, "Present in the afternoon", "reason_present_pm"),
    _throughout("L", ATTENDING, "Late, before the register closed", "reason_l_present_late_before_registers_closed"),
    _new(
        "K",
        ATTENDING,
        "At education arranged by the local authority",
        "reason_k_aea_education_arranged_by_la",
    ),
    _throughout("V", ATTENDING, "On an educational visit or trip", "reason_v_aea_educational_visit_trip"),
    _throughout("P", ATTENDING, "At an approved sporting activity", "reason_p_aea_approved_sporting_activity"),
    _throughout("W", ATTENDING, "On work experience", "reason_w_aea_work_experience"),
    _old("B", ATTENDING, "Educated off site", "reason_b_aea_education_off_site"),
    _new(
        "B",
        ATTENDING,
        "At another approved, supervised off-site educational activity",
        "reason_b_aea_education_off_site",
    ),
    _old("J", ATTENDING, "At an interview", "reason_j_aea_interview"),
    _throughout("D", NOT_POSSIBLE, "Due at the other school where registered", "reason_d_dual_registration"),
    _new(
        "C1",
        AUTHORISED,
        "Leave for a regulated performance or employment abroad",
        "reason_c1_authorised_regulated_performance",
    ),
    _throughout("M", AUTHORISED, "At a medical or dental appointment", "reason_m_authorised_medical_dental"),
    _new("J1", AUTHORISED, "Leave for an interview", "reason_j1_authorised_interview"),
    _throughout("S", AUTHORISED, "Leave to study for a public examination", "reason_s_authorised_study_leave"),
    _throughout("X", NOT_POSSIBLE, "Not of compulsory school age and not required to attend", ""),
    _new(
        "C2",
        AUTHORISED,
        "On an agreed temporary part-time timetable",
        "reason_c2_authorised_temp_reduced_timetable",
    ),
    _old("C", AUTHORISED, "Other authorised circumstances", "reason_c_authorised_other"),
    _new("C", AUTHORISED, "Leave for another exceptional circumstance", "reason_c_authorised_other"),
    _old("H", AUTHORISED, "Holiday agreed by the school", "reason_h_authorised_holiday"),
    _old(
        "F",
        AUTHORISED,
        "Extended holiday agreed by the school",
        "reason_f_legacy_family_holiday",
        EXTENDED_HOLIDAY_ENDED_ON,
    ),
    _old("T", AUTHORISED, "Gypsy, Roma or Traveller absence", "reason_t_authorised_mobile_child"),
    _new("T", AUTHORISED, "Parent travelling for work", "reason_t_authorised_mobile_child"),
    _throughout("R", AUTHORISED, "Religious observance", "reason_r_authorised_religious_observance"),
    _throughout("I", AUTHORISED, "Ill", "reason_i_authorised_illness"),
    _throughout(
        "E",
        AUTHORISED,
        "Suspended or permanently excluded, nothing else arranged",
        "reason_e_authorised_excluded",
    ),
    _new("Q", NOT_POSSIBLE, "Local authority has not arranged the travel it owes", "reason_q_la_arrangements"),
    _old(
        "Y",
        NOT_POSSIBLE,
        "Unable to attend in exceptional circumstances",
        "reason_y_not_attending_enforced_closure",
    ),
    _new("Y1", NOT_POSSIBLE, "Usual transport not available", "reason_y1_transport_not_provided"),
    _new("Y2", NOT_POSSIBLE, "Widespread disruption to travel", "reason_y2_travel_disruption"),
    _new("Y3", NOT_POSSIBLE, "Part of the premises closed", "reason_y3_premises_out_of_use"),
    _new("Y4", NOT_POSSIBLE, "School unexpectedly closed", "reason_y4_closed_session_cancelled"),
    _new("Y5", NOT_POSSIBLE, "In criminal justice detention", "reason_y5_detention_sentence"),
    _new("Y6", NOT_POSSIBLE, "Kept away by public health rules", "reason_y6_prohibited_infection_disease"),
    _new("Y7", NOT_POSSIBLE, "Another unavoidable cause", "reason_y7_unavoidable_cause"),
    _throughout("G", UNAUTHORISED, "Holiday not granted", "reason_g_unauthorised_holiday"),
    _throughout("N", UNAUTHORISED, "Reason not yet established", "reason_n_no_reason_yet"),
    _throughout("O", UNAUTHORISED, "Absent without authority", "reason_o_other_unauthorised"),
    _throughout(
        "U",
        UNAUTHORISED,
        "Late, after the register closed",
        "reason_u_unauthorised_late_after_registers_closed",
    ),
    _throughout("Z", NOT_COLLECTED, "Not yet on the admission register", "reason_z_not_attending_not_on_roll"),
    _throughout("#", NOT_COLLECTED, "School closed as planned", "reason_not_attending_planned_closed"),
)


@dataclass(frozen=True)
class Edition:
    """The book as it stands between two days: `classes` and `flags` are 256-byte tables by number."""

    in_force_from: date
    in_force_until: date | None
    rules: dict[str, CodeRule]
    classes: bytes
    flags: bytes


# Bits of the flags of a mark; one byte tells all that the counts need.
ATTENDED_FLAG: Final = 1
AUTHORISED_FLAG: Final = 2
UNAUTHORISED_FLAG: Final = 4
LATE_FLAG: Final = 8
ACTIVITY_FLAG: Final = 16
ILLNESS_FLAG: Final = 32
NOT_POSSIBLE_FLAG: Final = 64
MARKED_FLAG: Final = 128
_CLASS_FLAGS: Final = {
    ATTENDING: ATTENDED_FLAG,
    AUTHORISED: AUTHORISED_FLAG,
    UNAUTHORISED: UNAUTHORISED_FLAG,
    NOT_POSSIBLE: NOT_POSSIBLE_FLAG,
    NOT_COLLECTED: 0,
}


def _flags_of(rule: CodeRule) -> int:
    return (
        MARKED_FLAG
        | _CLASS_FLAGS[rule.counts_as]
        | (LATE_FLAG if rule.mark in LATE else 0)
        | (ACTIVITY_FLAG if rule.mark in APPROVED_ACTIVITY else 0)
        | (ILLNESS_FLAG if rule.mark == ILLNESS else 0)
    )


def _tables(on: date) -> tuple[bytes, bytes]:
    """Class and flags by number on a day.

    A withdrawn code keeps the class it had: no reader accepts it any more, but DfE's published rows count the
    few that schools still send so (J and H in 2024/25 and 2025/26). A code not yet begun is no mark.
    """
    classes, flags = bytearray(256), bytearray(256)
    for rule in sorted(CODE_BOOK, key=lambda row: row.in_force_from):
        if rule.in_force_from <= on:
            classes[rule.number] = rule.counts_as
            flags[rule.number] = _flags_of(rule)
    return bytes(classes), bytes(flags)


@cache
def editions() -> tuple[Edition, ...]:
    """Every edition of the book, oldest first; each day from 1 August 2010 is in exactly one."""
    begins = {rule.in_force_from for rule in CODE_BOOK}
    begins |= {rule.in_force_until + timedelta(days=1) for rule in CODE_BOOK if rule.in_force_until}
    starts: list[date] = sorted(begins)
    ends: list[date | None] = [start - timedelta(days=1) for start in starts[1:]]
    return tuple(
        Edition(start, end, {row.mark: row for row in all_in_force(CODE_BOOK, start)}, *_tables(start))
        for start, end in zip(starts, [*ends, None], strict=True)
    )


def edition_on(on: date) -> Edition:
    """The edition in force on a day; raises NoRuleInForce before 1 August 2010, when the book opens."""
    for edition in reversed(editions()):
        if edition.in_force_from <= on:
            return edition
    raise NoRuleInForce("The code book opens on 1 August 2010; earlier codes counted differently.")


def code_in_force(mark: str, on: date) -> bool:
    """Whether a school may use the mark on that day. Unknown marks are never in force."""
    return mark in edition_on(on).rules


def rule_of(mark: str, on: date) -> CodeRule:
    """The row of the mark on that day; raises NoRuleInForce if it was not, or is no longer, in use."""
    try:
        return edition_on(on).rules[mark]
    except KeyError:
        raise NoRuleInForce(f"The code {mark} is not in use on {on.isoformat()}.") from None


def meaning(mark: str, on: date) -> str:
    """The meaning in plain words on that day; raises NoRuleInForce if the code is not in use."""
    return rule_of(mark, on).meaning


def class_of(number: int, on: date) -> int:
    """What the stored number counts as on that day: one of the class constants above."""
    return edition_on(on).classes[number]


def is_withdrawn(mark: str, on: date) -> bool:
    """Whether the mark was in use once, before that day, and no longer is."""
    return not code_in_force(mark, on) and any(r.mark == mark and r.in_force_from <= on for r in CODE_BOOK)


def is_not_yet_begun(mark: str, on: date) -> bool:
    """Whether the mark only comes into use after that day."""
    return mark in NUMBERS and not any(r.mark == mark and r.in_force_from <= on for r in CODE_BOOK)
