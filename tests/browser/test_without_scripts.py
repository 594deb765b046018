"""The main job with JavaScript switched off: the same steps, with a save button in place of saving as one types."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import People
from tests.browser.steps import ACTION, LEAD_SAID, OFFICER_SAID


def test_the_main_job_needs_no_scripts(people_without_scripts: People) -> None:
    people = people_without_scripts
    told = steps.corrected_register()
    lead, officer = people.page("lead"), people.page("officer")
    severe = steps.severe_on_school_page(lead)
    steps.send_register(lead, told)
    steps.store_register(lead, told)
    assert steps.severe_on_school_page(lead) == severe + 1
    steps.find_the_child(lead, told)
    meeting = steps.arrange(officer, told)
    steps.change_list(officer, meeting, told)
    child = steps.begin(officer, meeting, told)
    two_save_one_after_the_other(officer, lead, child)
    steps.end(officer, meeting, told)
    steps.confirm(officer, meeting)
    steps.confirm(lead, meeting)
    words = steps.read_pdf(lead)
    assert all(text in words for text in (told.child, OFFICER_SAID, LEAD_SAID, ACTION))
    steps.do_action(lead, told)
    steps.open_case(officer, told)
    assert people.complaints == []
    steps.finds_nothing(people.page("stranger"), told)


def two_save_one_after_the_other(officer: Page, lead: Page, child: str) -> None:
    """Both opened the page before either saved; the second to save is told, and both sentences are kept."""
    lead.goto(child)
    officer.get_by_label("What was said").fill(OFFICER_SAID)
    steps.agree_action(officer)
    officer.get_by_role("button", name="Save", exact=True).click()
    expect(officer.get_by_role("group", name="Action 1").get_by_label("What will be done")).to_have_value(ACTION)
    lead.get_by_label("What was said").fill(LEAD_SAID)
    lead.get_by_role("button", name="Save", exact=True).click()
    expect(lead.get_by_role("main")).to_contain_text("both changed these words: both are kept")
    kept = lead.get_by_label("What was said").input_value()
    assert OFFICER_SAID in kept and LEAD_SAID in kept
