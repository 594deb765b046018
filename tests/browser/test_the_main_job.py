"""The main job in a browser, end to end, with scripts: a corrected register becomes signed-off minutes."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import People
from tests.browser.steps import ACTION, LEAD_SAID, OFFICER_SAID


def test_a_corrected_register_becomes_signed_off_minutes(people: People) -> None:
    told = steps.corrected_register()
    lead, officer, manager = (people.page(name) for name in ("lead", "officer", "manager"))
    severe, met = steps.severe_on_school_page(lead), steps.schools_met(manager)
    steps.send_register(lead, told)
    assert steps.severe_on_school_page(officer) == severe, "nothing is stored before the lead says so"
    steps.store_register(lead, told)
    assert steps.severe_on_school_page(lead) == severe + 1
    steps.find_the_child(lead, told)
    meeting = steps.arrange(officer, told)
    steps.change_list(lead, meeting, told)
    child = steps.begin(officer, meeting, told)
    two_type_at_once(officer, lead, child)
    steps.end(officer, meeting, told)
    steps.confirm(lead, meeting)
    steps.confirm(officer, meeting)
    words = steps.read_pdf(officer)
    assert all(text in words for text in (told.child, OFFICER_SAID, LEAD_SAID, ACTION, "Hill Academy"))
    steps.do_action(lead, told)
    steps.open_case(officer, told)
    assert steps.schools_met(manager) == met + 1
    assert people.complaints == []
    steps.finds_nothing(people.page("stranger"), told)


def two_type_at_once(officer: Page, lead: Page, child: str) -> None:
    """Both have the page open and type into one box; both sentences are kept, and each sees the other's."""
    lead.goto(child)
    boxes = [page.get_by_label("What was said") for page in (officer, lead)]
    boxes[0].fill(OFFICER_SAID)
    boxes[1].fill(LEAD_SAID)
    for page in (officer, lead):
        page.get_by_text("Saved").first.wait_for()
    for box in boxes:
        expect(box).to_have_value(_both(), timeout=30_000)
    steps.agree_action(officer)
    expect(officer.locator("[data-save-status]")).to_contain_text("Saved")
    officer.reload()
    expect(officer.get_by_role("group", name="Action 1").get_by_label("What will be done")).to_have_value(ACTION)


def _both() -> re.Pattern[str]:
    first, second = (re.escape(text) for text in (OFFICER_SAID, LEAD_SAID))
    return re.compile(f"{first}.*{second}|{second}.*{first}", re.DOTALL)
