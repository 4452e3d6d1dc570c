"""The pages in a real browser: by mouse, by keyboard alone, without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import Site, send, sign_in
from tests.e2e.service import Service
from tests.factories import make_exception, make_payload

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ISSUES = 8
ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e"
OPEN_ALL = """document.querySelectorAll("main details:not(.menu)")
    .forEach(part => { part.open = true; })"""


def send_issues(dsn: str) -> None:
    for i in range(ISSUES):
        exceptions = [make_exception(f"Error{i}", f"went wrong {i}", f"step_{i}")]
        payload = make_payload(
            exception={"values": exceptions},
            environment="production",
            release=f"shop@1.{i}",
            request={"url": "https://shop.example/cart", "headers": {"Accept": "*/*"}},
            breadcrumbs=[{"category": "auth", "message": "signed in"}],
        )
        # Twice each, so that there is an older event to go to.
        for _ in range(2):
            send(dsn, payload | {"event_id": make_payload()["event_id"]})
    send(dsn, hostile_payload())


def hostile_payload() -> dict[str, Any]:
    """The attack in names and values alike, and a line of nearly a megabyte."""
    exception = make_exception(ATTACK + "T" * 900, ATTACK, ATTACK + "f" * 900)
    for frame in exception["stacktrace"]["frames"]:
        frame |= {"filename": ATTACK, "vars": {ATTACK: {ATTACK: [ATTACK] * 9}}}
    stack = exception["stacktrace"]
    threads = [{"id": n, "name": "n" * 200, "stacktrace": stack} for n in (1, 2)]
    headers = {"X-A": f"{ATTACK}'; $(reboot)\x00\x1b", ATTACK: ATTACK}
    return make_payload(
        exception={
            "values": [exception, {**exception, "type": f"Last{ATTACK}{'T' * 300}"}]
        },
        threads={"values": threads},
        transaction="t" * 190,
        tags={ATTACK: ATTACK, "region": ATTACK},
        breadcrumbs=[{"category": ATTACK, "message": ATTACK, "data": {ATTACK: ATTACK}}],
        contexts={ATTACK: {ATTACK: ATTACK}},
        extra={ATTACK: ATTACK, "line": "x" * 800_000},
        request={"url": "https://x.example/", "headers": headers, "data": ATTACK},
        user={"id": ATTACK, ATTACK: ATTACK},
    )


@pytest.fixture(scope="module")
def site(running: Service, browser: Browser) -> Site:
    send_issues(running.dsn)
    # Besides these the hostile one.
    return sign_in(browser, running, issues=ISSUES + 1)


def row(page: Page, name: str) -> Any:
    return page.locator(".row", has_text=name)


def test_triage_by_mouse(site: Site) -> None:
    with site.page() as page:
        page.goto(site.home)
        row(page, "Error1").locator("input").check()
        page.locator(".tools [value=resolve]").click()
        expect(page.locator(".toast")).to_contain_text("Resolved")
        expect(row(page, "Error1")).to_have_count(0)
        page.locator(".toast button").click()
        expect(row(page, "Error1")).to_have_count(1)
        row(page, "Error1").locator(".r-link").click()
        expect(page.locator(".src .hit").first).to_be_in_viewport()
        page.locator(".acts [value=resolve]").click()
        expect(page.locator("h1 .badge")).to_have_text("Resolved")
        expect(page.locator(".acty")).to_contain_text("resolved this")
        page.locator(".acts [value=unresolve]").click()
        expect(page.locator(".acts [value=resolve]")).to_be_visible()


def test_triage_by_keyboard_alone(site: Site) -> None:
    with site.page(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(site.home)
        page.keyboard.press("/")
        page.keyboard.type(" Error2")
        page.keyboard.press("Enter")
        expect(page.locator(".row")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press(" ")
        expect(page.locator(".peek .hit")).to_contain_text("step_2")
        page.keyboard.press("i")
        expect(page.locator(".empty")).to_contain_text("No issues match")
        expect(page.locator(".toast")).to_contain_text("Ignored")
        page.goto(f"{site.home}?q=is:ignored")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".acts")
        page.keyboard.press("[")
        expect(page.locator(".evnav")).to_contain_text("Oldest of 2")
        page.keyboard.press("y")
        expect(page.locator(".toast")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("# Error2: went wrong 2")
        page.keyboard.press("r")
        expect(page.locator(".toast")).to_contain_text("Reopened")
        page.keyboard.press("?")
        expect(page.locator("dialog[open]")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("u")
        expect(page.locator("#q")).to_have_value("is:ignored")
        expect(row(page, "Error2")).to_have_count(0)


def test_everything_works_without_script(site: Site) -> None:
    with site.page(java_script_enabled=False) as page:
        page.goto(site.home)
        page.fill("#q", "is:unresolved Error3")
        page.keyboard.press("Enter")
        expect(page.locator(".row")).to_have_count(1)
        page.locator(".row input").check()
        page.locator(".tools [value=bookmark]").click()
        expect(page.locator(".toast")).to_contain_text("Bookmarked")
        page.locator(".r-link").click()
        page.locator(".frame:not([open]) summary").first.click()
        expect(page.locator(".frame[open]")).to_have_count(2)
        page.locator(".acts [value=resolve]").click()
        page.locator(".toast button").click()
        expect(page.locator(".acts [value=resolve]")).to_be_visible()
        page.locator(".appbar .menu summary").first.click()
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
        page.locator(".appbar .menu summary").first.click()
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_address_is_the_state(site: Site) -> None:
    with site.page() as page:
        page.goto(site.home)
        page.fill("#q", "is:unresolved level:loud")
        page.keyboard.press("Enter")
        expect(page.locator("#query-note")).to_contain_text("level:loud")
        assert page.locator(".row").count() > 1
        page.fill("#q", "Error4")
        page.keyboard.press("Enter")
        expect(page.locator(".row")).to_have_count(1)
        expect(page.locator("#query-note")).to_be_empty()
        page.get_by_role("link", name="14d").click()
        page.wait_for_url("**graph=14d*")
        page.select_option("select[name=sort]", "events")
        page.wait_for_url("**sort=events*")
        assert "graph=14d" in page.url
        page.reload()
        expect(page.locator("#q")).to_have_value("Error4")
        expect(page.locator(".seg [aria-current]")).to_have_text("14d")
        page.goto(site.home)
        assert "sort=events" in page.url
        page.locator("#picked a").click()
        expect(page.locator(".seg [aria-current]")).to_have_text("24h")


def test_a_bar_of_the_chart_leads_to_its_events_without_script(site: Site) -> None:
    with site.page(java_script_enabled=False) as page:
        page.goto(f"{site.home}issues/1/")
        page.locator(".hits a").last.click()
        expect(page.locator(".tbl-e tbody tr").first).to_be_visible()
        page.fill("#q", "!environment:production")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Show all events").first.click()
        expect(page.locator(".tbl-e tbody tr").first).to_be_visible()


def test_hostile_events_stay_text(site: Site) -> None:
    narrow = {"width": 390, "height": 844}
    allowed = ["clipboard-read", "clipboard-write"]
    with site.page(viewport=narrow, permissions=allowed) as page:
        page.goto(site.home)
        page.locator(".row", has_text="<img").locator(".r-link").click()
        expect(page.locator("h1")).to_contain_text("<img src=x")
        home = page.url
        for rest in (
            "",
            "?raw=1",
            "?raw=0",
            "?thread=2",
            "tags/",
            "events/",
            "similar/",
            "compare/",
        ):
            page.goto(f"{home}{rest}")
            page.evaluate(OPEN_ALL)
            assert page.locator("main img, main script").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(home)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440
        page.locator("#request [data-copy]").click()
        assert copied(page).startswith("curl -H 'X-A: <img")
        page.keyboard.press("y")
        expect(page.locator(".toast")).to_have_count(2)
        assert copied(page).startswith("# Last\\<img")


def copied(page: Page) -> str:
    """What is on the clipboard, which must hold nothing that acts or hides."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    assert not re.search("[\x00\x1b\u202e]", text)
    return text


def test_nothing_jumps_while_loading(site: Site) -> None:
    observer = (
        "new Promise(done => { let sum = 0; new PerformanceObserver(list => "
        "list.getEntries().forEach(e => { sum += e.value; }))"
        ".observe({type: 'layout-shift', buffered: true}); "
        "setTimeout(() => done(sum), 300); })"
    )
    with site.page() as page:
        for address in (site.home, f"{site.home}issues/1/"):
            page.goto(address)
            assert page.evaluate(observer) <= 0.02
