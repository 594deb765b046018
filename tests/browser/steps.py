"""The steps of the main job, from a school's corrected file to signed-off minutes, as people take them in a browser.

Each works with scripts and without: what a person would do is the same but for the save button.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from attendance_portal.front.demo.building import build_demo

ON = dt.date(2026, 11, 20)
HILL = "/schools/999001/"
TITLE_LINES = 3
FACTS = 9  # columns before those of sessions
ATTENDED = {"/", "\\", "L"}
OFFICER_SAID = "Dad works nights, nobody is home in the morning."
LEAD_SAID = "The tutor rings at eight each day."
ACTION = "Offer a place in breakfast club"
LAYOUT = "One row for each pupil, one column for each session"
DROPPED = "Back in school for three weeks."
ADDED = "Grandmother died; the class teacher asks for help."


@dataclass
class Told:
    """What the steps learn on the way: the child who became severely absent, a healthy one, and addresses seen."""

    content: bytes
    corrected: int
    child: str
    upn: str
    healthy: str
    addresses: set[str] = field(default_factory=set)

    def seen(self, page: Page) -> None:
        """Keep the address, for the stranger to try."""
        path = "/" + page.url.split("/", 3)[3]
        self.addresses.add(path.split("?")[0])


def corrected_register() -> Told:
    """Hill Academy's own file of this year in which one child, who was hardly ever away, truly missed most of it."""
    invented = build_demo(seed=2026, as_of=ON, schools=4, pupils=300)[0]
    urn = HILL.split("/")[2]
    register = [one for one in invented.registers if one.urn == urn][-1]
    rows = list(csv.reader(io.StringIO(register.content.decode())))
    children = [row for row in rows[TITLE_LINES + 1 :] if not row[8]]
    well = sorted(children, key=_share_attended, reverse=True)
    row, healthy = well[0], well[1]
    attended = [at for at, mark in enumerate(row) if at >= FACTS and mark in ATTENDED]
    truly_missed = attended[: len(attended) * 7 // 10]
    for at in truly_missed:
        row[at] = "O"
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    names = [f"{one[3]} {one[2]}" for one in (row, healthy)]
    return Told(text.getvalue().encode(), len(truly_missed), names[0], row[0], names[1])


def _share_attended(row: list[str]) -> float:
    marks = [mark for mark in row[FACTS:] if mark and mark not in "#XYZ-"]
    return sum(mark in ATTENDED for mark in marks) / max(len(marks), 60)


def send_register(lead: Page, told: Told) -> None:
    """The file is read, shown with what was understood, and nothing is stored yet."""
    lead.goto(f"{HILL}upload/")
    file = {"name": "corrected.csv", "mimeType": "text/csv", "buffer": told.content}
    lead.get_by_label("The register file").set_input_files([file])
    lead.get_by_role("button", name="Upload and read the file").click()
    expect(lead.get_by_role("heading", level=1)).to_have_text("Check what was understood")
    main = lead.get_by_role("main")
    expect(main).to_contain_text(LAYOUT)
    expect(main).to_contain_text(f"{told.corrected} corrected")
    told.seen(lead)


def store_register(lead: Page, told: Told) -> None:
    """The lead says yes; the page says how many half-days changed."""
    lead.get_by_role("button", name=re.compile("^Store (these|the good) marks$")).click()
    expect(lead.get_by_text(f"{told.corrected} half-days changed")).to_be_visible()


def severe_on_school_page(page: Page) -> int:
    """How many children the school's page calls severely absent in official figures."""
    page.goto(HILL)
    words = page.get_by_role("main").inner_text()
    found = re.search(r"(\d+) missed 50% or more", words)
    assert found, words
    return int(found[1])


def find_the_child(lead: Page, told: Told) -> None:
    """The list of pupils, narrowed to the worst category, has the child; the child's page says why."""
    lead.goto(f"{HILL}pupils/")
    lead.get_by_label("Absence category").select_option("5")
    lead.get_by_role("button", name="Apply filters").click()
    surname, forename = told.child.split(" ", 1)[1], told.child.split(" ", 1)[0]
    told.seen(lead)
    lead.get_by_role("link", name=f"{surname}, {forename}", exact=True).click()
    expect(lead.get_by_role("heading", level=1)).to_have_text(told.child)
    expect(lead.get_by_role("main")).to_contain_text("Severely absent")
    expect(lead.get_by_role("main")).to_contain_text("Marks of the year")
    told.seen(lead)


def arrange(officer: Page, told: Told) -> str:
    """The meeting that was arranged is cancelled and arranged again; answers its address."""
    officer.goto("/meetings/")
    row = officer.get_by_role("row").filter(has_text="Hill Academy")
    row.get_by_role("link").nth(1).click()
    officer.get_by_role("link", name="Cancel it").click()
    officer.get_by_label("Reason").fill("The school asks for another day.")
    officer.get_by_role("main").get_by_role("button").last.click()
    told.seen(officer)
    officer.get_by_role("link", name="Arrange it again").click()
    for part, value in (("Day", "27"), ("Month", "11"), ("Year", "2026")):
        officer.get_by_label(part, exact=True).fill(value)
    officer.get_by_label("Start time").fill("11:30")
    officer.get_by_label("Length in minutes").fill("60")
    officer.get_by_role("main").get_by_role("button").last.click()
    expect(officer.get_by_role("main")).to_contain_text("27 November 2026")
    told.seen(officer)
    return "/" + officer.url.split("/", 3)[3]


def change_list(page: Page, meeting: str, told: Told) -> None:
    """The list has drawn itself up with the child; one is added and one dropped, each with a reason."""
    page.goto(f"{meeting}list/")
    expect(_listed(page, told.child)).to_contain_text("severe", ignore_case=True)
    told.seen(page)
    page.get_by_role("link", name="Add a pupil").click()
    page.get_by_role("main").get_by_label("Name or UPN").fill(told.healthy)
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("main").get_by_role("radio").first.check()
    page.get_by_label("Reason").fill(ADDED)
    page.get_by_role("button", name="Add to the list").click()
    expect(_listed(page, told.healthy)).to_contain_text(ADDED)
    others = page.get_by_role("row").filter(has=page.get_by_role("link", name="Take off"))
    other = others.filter(has_not_text=told.child).filter(has_not_text=ADDED).first
    name = other.get_by_role("link").first.inner_text()
    other.get_by_role("link", name="Take off").click()
    page.get_by_label("Reason").fill(DROPPED)
    page.get_by_role("button", name="Take off the agenda").click()
    expect(page.get_by_role("main")).to_contain_text(f"{name} is taken off the agenda")
    file = page.request.get(f"{meeting}list/?format=csv").text()
    assert any(name in line and DROPPED in line for line in file.splitlines()), file


def _listed(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def begin(officer: Page, meeting: str, told: Told) -> str:
    """Begin, and open the child; answers the address of the child's page in the meeting."""
    officer.goto(meeting)
    officer.get_by_role("link", name="Begin the meeting").click()
    expect(officer.get_by_role("heading", name="Begin the meeting")).to_be_visible()
    told.seen(officer)
    officer.get_by_role("button", name="Begin now: the figures freeze").click()
    expect(officer.get_by_role("heading", name="Who is here")).to_be_visible()
    told.seen(officer)
    order = officer.get_by_role("navigation", name="Running order")
    order.get_by_role("link", name=told.child, exact=True).click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text(told.child)
    told.seen(officer)
    return "/" + officer.url.split("/", 3)[3]


def agree_action(page: Page) -> None:
    """Fill the row of another action: owner in the school, with a date."""
    row = page.get_by_role("group", name="Another action")
    row.get_by_label("What will be done").fill(ACTION)
    row.get_by_label("By", exact=True).select_option("school")
    owner = row.get_by_label("Owner", exact=True)
    named = owner.locator("option").filter(has_text="Hill Academy").filter(has_text="ttendance lead").first
    owner.select_option(named.get_attribute("value"))
    row.get_by_label("Due", exact=True).fill("2026-12-04")


def read_pdf(page: Page) -> str:
    """Download the minutes; they are tagged, and their words can be read."""
    with page.expect_download() as getting:
        page.get_by_role("link", name=re.compile("PDF")).click()
    reader = PdfReader(getting.value.path())
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/StructTreeRoot"]
    return " ".join(" ".join(one.extract_text() for one in reader.pages).split())


def end(officer: Page, meeting: str, told: Told) -> None:
    officer.goto(f"{meeting}hold/")
    officer.get_by_role("button", name="End the meeting").click()
    officer.get_by_role("button", name=re.compile("End (anyway|the meeting)")).click()
    expect(officer.get_by_role("main")).to_contain_text(OFFICER_SAID)
    expect(officer.get_by_role("main")).to_contain_text(LEAD_SAID)
    told.seen(officer)


def confirm(page: Page, meeting: str) -> None:
    page.goto(f"{meeting}minutes/")
    page.get_by_role("button", name="Confirm the minutes for your side").click()
    expect(page.get_by_text("The minutes are confirmed for your side.")).to_be_visible()


def do_action(owner: Page, told: Told) -> None:
    """It stands on the owner's home page until it is marked as done."""
    owner.goto("/")
    owner.get_by_role("main").get_by_role("link", name=re.compile(ACTION)).click()
    told.seen(owner)
    owner.get_by_label("It is done").check()
    owner.get_by_label("What came of it").fill("She comes every morning.")
    owner.get_by_role("main").get_by_role("button", name="Save").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Done")
    owner.goto("/")
    expect(owner.get_by_role("main")).not_to_contain_text(ACTION)


def open_case(officer: Page, told: Told) -> None:
    """The minutes opened a case for the child."""
    officer.goto(f"{HILL}pupils/?q={told.upn}")
    officer.get_by_role("main").get_by_role("link", name=re.compile(",")).first.click()
    officer.locator("main a[href^='/cases/']").first.click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text("Case")
    expect(officer.get_by_role("main")).to_contain_text(told.child)
    expect(officer.get_by_role("main")).to_contain_text("Open")
    told.seen(officer)


def schools_met(manager: Page) -> int:
    """How many schools the service manager's overview counts as met this term."""
    manager.goto("/overview/")
    words = manager.get_by_role("main").inner_text()
    found = re.search(r"(\d+)\s+Met this term", words)
    assert found, words
    return int(found[1])


def finds_nothing(stranger: Page, told: Told) -> None:
    """None of the addresses is there for an officer of another authority."""
    assert len(told.addresses) >= 9
    for address in sorted(told.addresses):
        answer = stranger.goto(address)
        assert answer is not None and answer.status == 404, address
        assert told.child not in stranger.content()
