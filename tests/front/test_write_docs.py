"""The documents written from the code: never stale, and true of what they tell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command

from attendance_portal.front.handbook import DOCUMENTS
from attendance_portal.front.handbook.files import LAYOUTS
from attendance_portal.front.handbook.law import MODULES, rules_held, rules_in
from attendance_portal.law import Confidence, DatedRule, Strength
from schools.reading import KINDS, read_register
from schools.reading.headers import ALIASES
from tests.sources import BASE, OURS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_as_the_command_writes_it(name: str, tmp_path: Path) -> None:
    call_command("write_docs", into=tmp_path, verbosity=0)
    stale = (BASE / "docs" / name).read_bytes() != (tmp_path / name).read_bytes()
    assert not stale, f"docs/{name} is stale: run `make docs`."


def test_every_module_that_holds_dated_rules_is_in_the_document_of_the_law() -> None:
    users = [source.module for source in OURS if any("attendance_portal.law" in name for name in source.imports)]
    held = {id(one.rule) for one in rules_held()}
    outside = [
        f"{module}.{name}"
        for module in users
        for name, value in vars(import_module(module)).items()
        for rule in rules_in(value)
        if id(rule) not in held
    ]
    assert len(held) > 40 and len(MODULES) >= 4
    assert not outside, f"Name the module in MODULES of the handbook's law: {outside}"


def test_each_rule_stands_in_the_document_with_its_source_and_its_day() -> None:
    law = DOCUMENTS["law.md"]()
    lines = law.splitlines()
    for held in rules_held():
        found = [line for line in lines if f"`{held.place}`" in line and held.rule.source in line]
        assert found, held
        day = held.rule.in_force_from
        assert any(f"from {day.day} {day:%B %Y}" in line for line in found), held


def test_rules_are_found_wherever_a_value_keeps_them() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Amount(DatedRule):
        pounds: int

    rule = Amount(
        pounds=80,
        in_force_from=dt.date(2024, 8, 19),
        source="SI 2024/210 reg 4",
        strength=Strength.MUST,
        confidence=Confidence.PRIMARY,
    )
    assert list(rules_in({"a": (rule, [rule])})) == [rule, rule]
    assert list(rules_in("text")) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_example_of_each_layout_is_read_as_that_layout(layout: str) -> None:
    example = LAYOUTS[layout][1].encode()
    file = read_register(example, file_name="a.csv", on=dt.date(2026, 1, 5), known_codes=frozenset({"999"}))
    assert (file.layout, file.clean) == (layout, True)
    assert len(file.marks) in (2, 4) or len(file.counts) == 1


def test_every_heading_and_every_problem_is_told() -> None:
    told = DOCUMENTS["files.md"]()
    missing = [alias for aliases in ALIASES.values() for alias in aliases if alias not in told]
    missing += [kind for kind in KINDS if f"`{kind}`" not in told]
    assert not missing
