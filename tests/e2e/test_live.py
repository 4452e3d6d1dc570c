"""A list that is looked at learns at once what happens, and soon where it cannot."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import sentry_sdk
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsing import Site, send, sign_in
from tests.e2e.service import Service, wait_for
from tests.factories import make_exception, make_payload

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AT_ONCE_MS = 3000
SOON_MS = 12_000


@pytest.fixture(scope="module")
def site(running: Service, browser: Browser) -> Site:
    for number in range(3):
        exception = make_exception(f"Known{number}", "went wrong", f"step_{number}")
        send(running.dsn, make_payload(exception={"values": [exception]}))
    return sign_in(browser, running, issues=3)


def report(dsn: str, name: str) -> None:
    """Sends an event of a new issue, by the SDK."""
    client = sentry_sdk.Client(dsn=dsn, default_integrations=False)
    client.capture_event({"message": name, "level": "error"})
    client.close()


def rows(page: Page) -> list[str]:
    return page.locator(".row .r-link b").all_inner_texts()


def test_an_event_is_told_at_once_and_moves_no_row(
    site: Site, running: Service
) -> None:
    with site.page() as page:
        with page.expect_response("**/live/*"):
            page.goto(site.home)
        before = rows(page)
        pointed_at = page.locator(".row").nth(1)
        pointed_at.hover()
        place = pointed_at.bounding_box()
        report(running.dsn, "news at once")
        sent_at = time.monotonic()
        bar = page.locator(".fresh[href]")
        expect(bar).to_contain_text("1 new or changed issue", timeout=AT_ONCE_MS)
        assert time.monotonic() - sent_at < AT_ONCE_MS / 1000
        assert rows(page) == before
        assert pointed_at.bounding_box() == place
        page.locator(".btn-live").click()
        expect(page.locator(".btn-live")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("n")
        expect(bar).to_have_count(0)


def hold(_route: Route) -> None:
    """A proxy that lets nothing through until the answer is whole."""


def refuse(route: Route) -> None:
    route.fulfill(status=404)


@pytest.mark.parametrize("treat", [hold, refuse])
def test_without_streams_the_list_is_asked_for(
    site: Site, running: Service, treat: Callable[[Route], None]
) -> None:
    context = site.browser.new_context(base_url=site.url)
    context.add_cookies(site.cookies)
    page = context.new_page()
    page.clock.install()
    page.route("**/live/*", treat)
    with page.expect_request("**/live/*"):
        page.goto(site.home)
    page.wait_for_load_state("load")
    name = f"news where they {treat.__name__}"
    report(running.dsn, name)
    wait_for(lambda: name in context.request.get(site.home).text())
    asks = []
    page.on("request", lambda one: asks.append(one) if "since=" in one.url else None)
    bar = page.locator(".fresh[href]")
    for _ in range(SOON_MS // 1000):
        page.clock.run_for(1000)
    expect(bar).to_contain_text("new or changed")
    assert len(asks) == 1
    context.close()
