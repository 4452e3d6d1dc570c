"""Triage as people do it: by mouse, by keyboard alone, while events come in."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import Site, send, sign_in
from tests.e2e.service import EMAIL, PASSWORD, Service
from tests.factories import make_exception, make_payload

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# More than a page has.
ISSUES = 27
_PAINTED = """() => new Promise((done) => requestAnimationFrame(
  () => requestAnimationFrame(() => setTimeout(done, 100))
))"""
_SHIFTS = """window.shifted = 0; new PerformanceObserver(list =>
list.getEntries().forEach(e => { shifted += e.value; }))
.observe({type: 'layout-shift', buffered: true})"""


def send_error(dsn: str, number: int) -> None:
    name = f"Error{number:02}"
    exception = make_exception(name, f"went wrong {number}", f"step_{number}")
    send(dsn, make_payload(exception={"values": [exception]}, release="shop@1.0"))


@pytest.fixture(scope="module")
def site(running: Service, browser: Browser) -> Site:
    for number in range(ISSUES):
        send_error(running.dsn, number)
    return sign_in(browser, running, issues=25)


def row(page: Page, name: str) -> Any:
    return page.locator(".row", has_text=name)


def cursor_on(page: Page, name: str) -> None:
    """The keyboard's row is this one, and has the focus."""
    expect(page.locator(".row.cursor .r-link b")).to_have_text(name)
    expect(page.locator(".row.cursor .r-link")).to_be_focused()


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the focus is there, as it must be within a few presses."""
    for _ in range(30):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab leads nowhere to {selector}")


def look_again(page: Page) -> None:
    """Stops and starts the realtime figures, which asks at once."""
    with page.expect_response(lambda answer: "since=" in answer.url):
        page.keyboard.press("p")
        page.keyboard.press("p")


def test_by_keyboard_alone_from_sign_in_to_undone(site: Site) -> None:
    context = site.browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/")
    tab_to(page, "[name=login]")
    page.keyboard.type(EMAIL)
    tab_to(page, "[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".card-link")
    tab_to(page, ".card-link")
    page.keyboard.press("Enter")
    page.wait_for_selector(".row")
    names = page.locator(".row .r-link b").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("j")
    cursor_on(page, names[1])
    page.keyboard.press("r")
    expect(page.locator(".toast")).to_contain_text("Resolved")
    expect(row(page, names[1])).to_have_count(0)
    cursor_on(page, names[2])
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_have_text("Undone")
    expect(row(page, names[1])).to_have_count(1)
    cursor_on(page, names[2])
    page.keyboard.press("K")
    expect(page.locator(".row.sel")).to_have_count(2)
    page.keyboard.press("a")
    expect(page.locator("#assign .pop button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("2 issues assigned")
    # The second menu has its people at once, and must not fill itself anew.
    page.keyboard.press("a")
    expect(page.locator(".c-who [open] .pop button").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Assigned")
    page.keyboard.press("b")
    expect(page.locator(".toast")).to_contain_text("Bookmarked")
    cursor_on(page, names[1])
    page.keyboard.press("Enter")
    page.wait_for_selector(".acts")
    expect(page.locator("h1")).to_contain_text(names[1])
    context.close()


def test_by_mouse_on_many(site: Site) -> None:
    with site.page() as page:
        page.goto(site.home)
        boxes = page.locator(".row input[name=issue]")
        boxes.nth(1).click()
        boxes.nth(4).click(modifiers=["Shift"])
        expect(page.locator(".row.sel")).to_have_count(4)
        expect(page.locator(".sel-n")).to_have_text("4 selected")
        page.locator(".tools").get_by_label("Ignore until").click()
        page.get_by_role("button", name="100 more events").click()
        expect(page.locator(".toast")).to_contain_text("4 issues ignored")
        page.locator(".toast button").click()
        expect(page.locator(".toast")).to_have_text("Undone")
        page.locator("#all").check()
        page.get_by_role("checkbox", name=f"All {ISSUES} that match").check()
        expect(page.locator(".sel-n")).to_have_text(f"{ISSUES} selected")
        page.locator(".tools [value=resolve]").click()
        expect(page.locator(".step")).to_contain_text(f"{ISSUES} issues will change")
        page.get_by_role("button", name="Resolve (").click()
        expect(page.locator(".toast")).to_contain_text(f"{ISSUES} issues resolved")
        expect(page.locator(".empty")).to_contain_text("Nothing unresolved")
        page.locator(".toast button").click()
        expect(page.locator(".row")).to_have_count(25)
        page.locator(".row .who").first.click()
        page.locator(".row .pop button", has_text="Me").click()
        expect(page.locator(".toast")).to_contain_text("Assigned")


def test_rows_stay_where_they_are_while_events_come(
    site: Site, running: Service
) -> None:
    with site.page() as page:
        page.goto(site.home)
        names = page.locator(".row .r-link b").all_inner_texts()
        page.evaluate(_SHIFTS)
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press(" ")
        expect(page.locator(".peek .hit")).to_be_visible()
        # What the panel moved is told of only after it has been painted.
        page.evaluate(_PAINTED)
        page.evaluate("shifted = 0")
        shown = row(page, names[5])
        before = int(shown.locator(".n-events b").inner_text())
        send_error(running.dsn, int(names[5].removeprefix("Error")))
        send_error(running.dsn, 90)
        for _ in range(50):
            look_again(page)
            if page.locator(".fresh[href]").count():
                break
            page.wait_for_timeout(100)
        expect(shown.locator(".n-events b")).to_have_text(str(before + 1))
        assert page.locator(".row .r-link b").all_inner_texts() == names
        expect(page.locator(".row.sel .peek .hit")).to_be_visible()
        assert page.evaluate("shifted") == 0
        page.keyboard.press("n")
        expect(row(page, "Error90")).to_have_count(1)
        expect(page.locator(".fresh[href]")).to_have_count(0)


def test_a_server_that_is_away_is_told_of(site: Site) -> None:
    with site.page() as page:
        page.goto(site.home)
        page.route("**/*since=*", lambda route: route.fulfill(status=204))
        look_again(page)
        expect(page.locator("#stale")).to_be_hidden()
        page.unroute("**/*since=*")
        page.route("**/*since=*", lambda route: route.fulfill(status=200, body="?"))
        page.locator(".btn-live").focus()
        for _ in range(2):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#stale")).to_be_visible()
        page.unroute("**/*since=*")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#stale")).to_be_hidden()


def test_all_of_it_without_script(site: Site) -> None:
    with site.page(java_script_enabled=False) as page:
        page.goto(f"{site.home}?q=is:unresolved+Error07")
        page.locator(".row input").check()
        page.locator("#assign summary").click()
        page.locator("#assign button").click()
        page.select_option("[name=to]", label="Me")
        page.get_by_role("button", name="Assign (1)").click()
        expect(page.locator(".toast")).to_contain_text("Assigned")
        page.locator(".toast button").click()
        expect(page.locator(".toast")).to_contain_text("Undone")
        page.goto(site.home)
        page.locator(".every input").check()
        page.locator(".tools [value=bookmark]").click()
        expect(page.locator("main")).to_contain_text("issues will change")
        page.get_by_role("link", name="Cancel").click()
        expect(page.locator(".row")).to_have_count(25)


def test_from_issue_to_issue_in_the_order_of_the_list(site: Site) -> None:
    with site.page() as page:
        page.goto(f"{site.home}?q=is:unresolved&sort=events")
        names = page.locator(".row .r-link b").all_inner_texts()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.locator(".walk")).to_contain_text("2 of ")
        page.keyboard.press("r")
        expect(page.locator(".toast")).to_contain_text("Resolved")
        page.keyboard.press("j")
        expect(page.locator("h1")).to_contain_text(names[2])
        expect(page.locator(".walk")).to_contain_text("3 of ")
        page.keyboard.press("k")
        expect(page.locator("h1")).to_contain_text(names[0])
        page.keyboard.press("j")
        expect(page.locator("h1")).to_contain_text(names[2])
        page.keyboard.press("r")
        expect(page.locator(".toast")).to_contain_text("Resolved")
        page.keyboard.press("u")
        cursor_on(page, names[3])
        expect(page.locator("[name=sort]")).to_have_value("events")


def test_a_pasted_id_goes_straight_there(site: Site) -> None:
    with site.page() as page:
        page.goto(site.home)
        page.fill("#q", page.locator(".r-id").nth(3).inner_text())
        page.keyboard.press("Enter")
        expect(page.locator(".ihead")).to_be_visible()


def test_times_are_picked_and_kept_in_the_address(site: Site) -> None:
    with site.page(timezone_id="Asia/Shanghai") as page:
        page.goto(site.home)
        page.goto(site.home)
        page.locator("#period summary").click()
        page.fill("[name=start]", "2026-01-31T08:00")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("#period summary")).to_contain_text("2026-01-31 08:00")
        assert "start=2026-01-31T00:00:00Z" in page.url
        page.locator("#period summary").click()
        page.locator("#period [value=all]").click()
        expect(page.locator("#period summary")).to_have_text("All time")
        assert "start=" not in page.url
