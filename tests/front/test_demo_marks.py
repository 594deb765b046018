"""The demo's invented registers: the same for a seed, shaped like the nation, and readable as files."""

import csv
import io
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from attendance_portal.front.demo.building import AS_OF, build_demo
from attendance_portal.front.demo.calendars import easter_sunday, school_year, terms, weekdays_in_term
from attendance_portal.front.demo.marks import Bools, Ints
from attendance_portal.front.demo.rates import national
from attendance_portal.front.demo.upns import with_check_letter
from attendance_portal.front.demo.world import DemoAuthority, DemoPupil, DemoRegister
from attendance_portal.upn import is_upn
from schools.reading import read_register
from schools.register.codes import NUMBERS

Demo = tuple[DemoAuthority, DemoAuthority]

ATTENDING = [NUMBERS[code] for code in ("/", "\\", "L", "K", "V", "P", "W", "B")]
ABSENT = [NUMBERS[code] for code in ("C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T", "G", "N", "O", "U")]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return build_demo()


@pytest.fixture(scope="module")
def eastshire(demo: Demo) -> DemoAuthority:
    return demo[0]


@pytest.fixture(scope="module")
def small() -> DemoAuthority:
    return build_demo(seed=7, schools=2, pupils=60)[0]


def registers(authority: DemoAuthority, phase: str | None = None, year: int | None = None) -> list[DemoRegister]:
    phases = {school.urn: school.phase for school in authority.schools}
    return [
        register
        for register in authority.registers
        if phase in (None, phases[register.urn]) and year in (None, register.year_starts_on.year)
    ]


def missed_and_possible(chosen: list[DemoRegister]) -> tuple[Ints, Ints]:
    """Sessions missed and possible of every row of the chosen registers."""
    missed = np.concatenate([np.isin(each.marks, ABSENT).sum(1) for each in chosen])
    attended = np.concatenate([np.isin(each.marks, ATTENDING).sum(1) for each in chosen])
    return missed, missed + attended


def on_roll(authority: DemoAuthority) -> list[DemoPupil]:
    return [pupil for pupil in authority.pupils if any(e.leaving_on is None for e in pupil.enrolments)]


# -- one seed


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(small: DemoAuthority) -> None:
    again = build_demo(seed=7, schools=2, pupils=60)[0]
    other = build_demo(seed=8, schools=2, pupils=60)[0]
    assert again.pupils == small.pupils
    assert [each.content for each in again.registers] == [each.content for each in small.registers]
    assert [each.content for each in other.registers] != [each.content for each in small.registers]


def test_a_small_demo_has_the_schools_and_pupils_asked_for(small: DemoAuthority) -> None:
    assert [school.name for school in small.schools] == ["Hill Academy", "Corvenham Primary School"]
    assert len(on_roll(small)) == 60
    assert len(small.registers) == 4


@pytest.mark.parametrize(
    ("schools", "pupils", "as_of"),
    [(1, 20, date(2026, 9, 1)), (3, 45, date(2026, 8, 10)), (5, 90, date(2027, 7, 15)), (14, 200, AS_OF)],
)
def test_any_size_and_any_day_can_be_asked_for(schools: int, pupils: int, as_of: date) -> None:
    eastshire, westshire = build_demo(schools=schools, pupils=pupils, as_of=as_of)
    assert len(on_roll(eastshire)) == pupils
    for register in (*eastshire.registers, *westshire.registers):
        assert register.days[-1] <= as_of
        assert register.content


def test_more_schools_than_were_invented_are_refused() -> None:
    with pytest.raises(ValueError, match="from 1 to 20 schools"):
        build_demo(schools=21, pupils=100)


# -- the two authorities


def test_eastshire_has_schools_of_all_phases_and_eight_thousand_pupils(demo: Demo) -> None:
    eastshire, westshire = demo
    assert len(eastshire.schools) == 14
    assert {school.phase for school in eastshire.schools} == {
        "primary", "secondary", "special", "all-through", "alternative",
    }  # fmt: skip
    assert len(on_roll(eastshire)) == 8000
    assert (len(westshire.schools), len(on_roll(westshire))) == (4, 1500)
    assert eastshire.schools[0].domain == "hill-academy.example"


def test_registers_cover_last_year_whole_and_this_year_to_date(eastshire: DemoAuthority) -> None:
    for register in registers(eastshire, year=2025):
        assert len(register.days) == 195
    behind = [register for register in registers(eastshire, year=2026) if register.days[-1] != AS_OF]
    assert [(one.urn, one.days[-1]) for one in behind] == [("999007", date(2026, 11, 10))]
    assert len(registers(eastshire, year=2025)) == len(registers(eastshire, year=2026)) == 14


def test_some_schools_sent_a_file_at_half_term_in_which_reasons_were_not_yet_known(eastshire: DemoAuthority) -> None:
    sent = {one.urn: one for one in registers(eastshire, year=2026) if one.sent_before}
    assert sorted(sent) == ["999001", "999003", "999006"]
    hill = sent["999001"]
    read = read_register(
        hill.sent_before[0].content, file_name="half-term.csv", on=AS_OF, known_codes=frozenset({"999"})
    )
    assert (hill.sent_before[0].sent_on, read.last_on) == (date(2026, 10, 23), date(2026, 10, 23))
    unknown = np.count_nonzero(read.marks.code == NUMBERS["N"])
    assert unknown > np.count_nonzero(hill.marks[:, : 2 * hill.days.index(date(2026, 11, 2))] == NUMBERS["N"]) + 100
    assert {problem.kind for problem in read.problems} <= {"missing-mark"}


def test_terms_hold_every_school_day_and_no_half_term_does() -> None:
    for year in range(2019, 2035):
        held = {
            first + timedelta(days=n)
            for first, last, away, back in terms(year)
            for n in range((last - first).days + 1)
            if not away <= first + timedelta(days=n) <= back
        }
        assert set(weekdays_in_term(year)) <= held
        assert not {day for day in held - set(weekdays_in_term(year)) if day.weekday() < 5 and day.month != 5}


def test_a_year_has_190_days_of_school_and_no_bank_holiday() -> None:
    for year in range(2019, 2035):
        days = set(weekdays_in_term(year))
        calendar = school_year(year, until=date(year + 1, 8, 1), rng=np.random.default_rng(year))
        easter = easter_sunday(year + 1)
        assert len(set(calendar.days) - calendar.closed) == 190
        assert date(year, 9, 1) <= min(days) < max(days) <= date(year + 1, 7, 31)
        assert not {easter - timedelta(days=2), easter + timedelta(days=1)} & days
        assert not [day for day in days if (day.month, day.weekday()) == (5, 0) and day.day <= 7]


def test_upns_have_right_check_letters_and_belong_to_one_child_each(demo: Demo) -> None:
    assert with_check_letter("999000020001") == "X999000020001"
    assert with_check_letter("99900002001A") == "W99900002001A"
    for authority in demo:
        upns = [pupil.upn for pupil in authority.pupils if pupil.upn]
        assert len(upns) == len(set(upns)) < len(authority.pupils)
        assert all(is_upn(upn, frozenset({authority.code})) for upn in upns)
        assert all(upn[1:4] == authority.code for upn in upns)
        assert any(upn[-1].isalpha() for upn in upns)


def test_children_are_of_the_age_of_their_year_group(eastshire: DemoAuthority) -> None:
    for pupil in eastshire.pupils:
        last = pupil.enrolments[-1]
        began = 2025 if last.leaving_on and last.leaving_on < date(2026, 8, 1) else 2026
        born_on = pupil.date_of_birth
        age_on_31_august = began - born_on.year - ((born_on.month, born_on.day) > (8, 31))
        assert age_on_31_august == last.year_group + 4


def test_families_share_a_name_and_an_address_across_schools(eastshire: DemoAuthority) -> None:
    families: dict[str, list[DemoPupil]] = {}
    for pupil in on_roll(eastshire):
        families.setdefault(pupil.family, []).append(pupil)
    assert all(len({(p.surname, p.address, p.carers) for p in each}) == 1 for each in families.values())
    schools = [{p.enrolments[-1].urn for p in each} for each in families.values() if len(each) > 1]
    assert sum(len(each) > 1 for each in schools) > 200


def test_circumstances_come_at_national_like_rates(eastshire: DemoAuthority) -> None:
    pupils = on_roll(eastshire)
    held = Counter(c.kind for pupil in pupils for c in pupil.circumstances)
    share = {kind: 100 * number / len(pupils) for kind, number in held.items()}
    assert 22 < share["free-school-meals"] < 28
    assert 4 < share["ehc-plan"] < 8
    assert 0.3 < share["looked-after"] < 1.2
    assert 2 < share["child-in-need"] < 4
    assert set(share) >= {"child-protection", "sen-support", "young-carer", "youth-justice"}


def test_some_children_moved_joined_left_and_attend_two_schools(eastshire: DemoAuthority) -> None:
    enrolments = [pupil.enrolments for pupil in eastshire.pupils]
    assert sum(len({e.urn for e in each}) > 1 for each in enrolments) > 100
    assert sum(each[-1].leaving_on is not None and each[-1].leaving_on.month != 7 for each in enrolments) > 30
    two = [each for each in enrolments if sum(e.leaving_on is None for e in each) == 2]
    assert two
    for main, second in ((each[-2], each[-1]) for each in two):
        assert sorted(main.attends_days + second.attends_days) == [0, 1, 2, 3, 4]


def test_a_child_on_two_rolls_is_due_at_one_school_at_a_time(eastshire: DemoAuthority) -> None:
    key = next(p.key for p in eastshire.pupils if sum(e.leaving_on is None for e in p.enrolments) == 2)
    rows = [r.marks[r.pupils.index(key)] for r in registers(eastshire, year=2026) if key in r.pupils]
    assert len(rows) == 2
    assert all((row == NUMBERS["D"]).any() for row in rows)
    counted = [np.isin(row, ATTENDING + ABSENT) for row in rows]
    assert not (counted[0] & counted[1]).any()


# -- shaped like the nation


@pytest.mark.parametrize(("phase", "near"), [("primary", 0.4), ("secondary", 0.5), ("special", 2.5)])
@pytest.mark.parametrize("year", [2025, 2026])
def test_overall_absence_is_near_the_national_figure(
    eastshire: DemoAuthority, phase: str, near: float, year: int
) -> None:
    missed, possible = missed_and_possible(registers(eastshire, phase, year))
    rate = 100 * missed.sum() / possible.sum()
    assert abs(rate - national()[phase]["absence_percent"]) < near


@pytest.mark.parametrize(("phase", "near"), [("primary", 1.5), ("secondary", 2.0), ("special", 6.0)])
@pytest.mark.parametrize("year", [2025, 2026])
def test_persistent_absence_is_near_the_national_figure(
    eastshire: DemoAuthority, phase: str, near: float, year: int
) -> None:
    missed, possible = missed_and_possible(registers(eastshire, phase, year))
    share = 100 * np.mean(10 * missed[possible > 0] >= possible[possible > 0])
    assert abs(share - national()[phase]["persistent_percent"]) < near


@pytest.mark.parametrize(("phase", "least", "most"), [("primary", 0.4, 1.3), ("secondary", 2.3, 4.3)])
@pytest.mark.parametrize("year", [2025, 2026])
def test_severe_absence_is_near_the_national_figure(
    eastshire: DemoAuthority, phase: str, least: float, most: float, year: int
) -> None:
    """2022/23, from the bands: 0.7% of primary and 3.5% of secondary pupils."""
    missed, possible = missed_and_possible(registers(eastshire, phase, year))
    assert least < 100 * np.mean(2 * missed[possible > 0] >= possible[possible > 0]) < most


@pytest.mark.parametrize("phase", ["primary", "secondary"])
def test_each_code_has_near_its_national_share(eastshire: DemoAuthority, phase: str) -> None:
    chosen = registers(eastshire, phase, 2025)
    possible = missed_and_possible(chosen)[1].sum()
    counted = np.bincount(np.concatenate([each.marks.ravel() for each in chosen]), minlength=64)
    for code in ("L", "I", "O", "G", "M", "C", "U", "V", "E", "R"):
        wanted = national()[phase]["codes"][code]
        share = 100 * counted[NUMBERS[code]] / possible
        assert abs(share - wanted) < 0.05 + 0.15 * wanted, code


def test_older_pupils_of_a_secondary_school_miss_more(eastshire: DemoAuthority) -> None:
    by_key = {pupil.key: pupil.enrolments[-1].year_group for pupil in eastshire.pupils}
    rates = {}
    for year_group in (7, 11):
        missed = possible = 0
        for each in registers(eastshire, "secondary", 2026):
            rows = [by_key[key] == year_group for key in each.pupils]
            missed += np.isin(each.marks[rows], ABSENT).sum()
            possible += np.isin(each.marks[rows], ABSENT + ATTENDING).sum()
        rates[year_group] = missed / possible
    assert rates[11] > rates[7] + 0.01


def test_more_is_missed_on_fridays_and_somewhat_more_on_mondays(eastshire: DemoAuthority) -> None:
    missed, possible = np.zeros(5), np.zeros(5)
    for each in registers(eastshire):
        weekday = np.repeat([day.weekday() for day in each.days], 2)
        absent = np.isin(each.marks, ABSENT).sum(0)
        np.add.at(missed, weekday, absent)
        np.add.at(possible, weekday, absent + np.isin(each.marks, ATTENDING).sum(0))
    rates = missed / possible
    assert rates[4] > 1.1 * rates[1:4].mean()
    assert rates[4] > rates[0] > rates[1:3].mean()


def test_absence_comes_in_spells_and_lateness_does_not(eastshire: DemoAuthority) -> None:
    ill, late = [], []
    for each in registers(eastshire, "secondary", 2025):
        ill.append(run_lengths(each.marks == NUMBERS["I"]))
        late.append(run_lengths(np.isin(each.marks, [NUMBERS["U"]])))
    assert np.concatenate(ill).mean() > 2
    assert np.concatenate(late).mean() < 1.3


def test_refused_holidays_are_mostly_whole_weeks(eastshire: DemoAuthority) -> None:
    lengths = np.concatenate(
        [run_lengths(each.marks == NUMBERS["G"]) for each in registers(eastshire, "primary", 2025)]
    )
    assert lengths[lengths >= 6].sum() > 0.6 * lengths.sum()


def run_lengths(held: Bools) -> Ints:
    """Lengths, in sessions, of unbroken runs along the rows."""
    padded = np.pad(held, ((0, 0), (1, 1))).astype(np.int8)
    changes = np.diff(padded, axis=1)
    return np.argwhere(changes == -1)[:, 1] - np.argwhere(changes == 1)[:, 1]


def test_the_last_weeks_tell_of_pupils_newly_severe_back_and_recovered(eastshire: DemoAuthority) -> None:
    newly_severe = back = recovered = newly_persistent = 0
    for each in registers(eastshire, "secondary", 2026):
        absent = np.isin(each.marks, ABSENT)
        possible = absent | np.isin(each.marks, ATTENDING)
        missed, all_ = absent.sum(1), possible.sum(1)
        before, all_before = absent[:, :-12].sum(1), possible[:, :-12].sum(1)
        newly_severe += ((2 * missed >= all_) & (2 * before < all_before)).sum()
        back += ((2 * missed >= all_) & ~absent[:, -8:].any(1)).sum()
        recovered += ((10 * missed < all_) & (10 * before >= all_before) & (all_before > 0)).sum()
        newly_persistent += ((10 * missed >= all_) & (10 * before < all_before)).sum()
    assert min(newly_severe, back, recovered, newly_persistent) >= 3


# -- files as schools' systems export them


def test_layouts_vary_and_each_is_used(eastshire: DemoAuthority) -> None:
    assert {each.layout for each in eastshire.registers} == {"long", "session", "day"}
    first_bytes = {each.content[:30] for each in registers(eastshire, year=2026)}
    assert len(first_bytes) >= 5


def test_day_columns_hold_only_codes_of_one_character(eastshire: DemoAuthority) -> None:
    two = [number for code, number in NUMBERS.items() if len(code) == 2]
    for each in eastshire.registers:
        if each.layout == "day":
            assert not np.isin(each.marks, two).any()


def test_a_file_holds_the_marks_that_were_drawn(small: DemoAuthority) -> None:
    """Read by hand, without the portal's reader: a wide file and a long one."""
    wide, long = registers(small, year=2026)
    rows = list(csv.reader(io.StringIO(wide.content.decode())))[3:]
    names = {number: code for code, number in NUMBERS.items()} | {0: ""}
    assert [row[9:] for row in rows[1:]] == [[names[n] for n in marks] for marks in wide.marks.tolist()]
    entries = list(csv.DictReader(io.StringIO(long.content.decode("utf-8-sig"))))
    assert len(entries) == np.count_nonzero(long.marks)
    assert Counter(entry["Attendance Code"] for entry in entries) == Counter(
        names[n] for n in long.marks[long.marks > 0].tolist()
    )


def test_marks_stand_only_within_enrolment(eastshire: DemoAuthority) -> None:
    for register in registers(eastshire, "secondary"):
        stays = {
            pupil.key: (e.admission_on, e.leaving_on or date.max)
            for pupil in eastshire.pupils
            for e in pupil.enrolments
            if e.urn == register.urn
        }
        for key, marks in zip(register.pupils, register.marks, strict=True):
            first, last = stays[key]
            marked = [register.days[at // 2] for at in np.flatnonzero(marks)[[0, -1]]]
            assert first <= marked[0] <= marked[1] <= last


def test_the_portals_own_reader_takes_every_file_whole(demo: Demo) -> None:
    """Nothing but warnings, and every mark that was drawn; a few pupils have no UPN yet."""
    for authority in demo:
        laestabs = {school.urn: school.laestab for school in authority.schools}
        for register in authority.registers:
            read = read_register(
                register.content,
                file_name=register.file_name,
                on=authority.as_of,
                known_codes=frozenset({authority.code}),
                school_urn=register.urn,
                school_laestab=laestabs[register.urn],
            )
            assert {problem.kind for problem in read.problems} <= {"missing-mark"}
            assert len(read.pupils) == np.count_nonzero(register.marks.any(axis=1))
            assert sorted(read.marks.code.tolist()) == sorted(register.marks[register.marks > 0].tolist())
