"""The browser's client in a real browser, on a page of another origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.clients.installed import node_modules
from tests.e2e.clients.site import Site, served
from tests.e2e.clients.web import Project, Told, Web
from tests.e2e.service import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SHOW_DIALOG = """
Sentry.showReportDialog({
  eventId: Sentry.lastEventId(),
  user: { name: "Ada", email: "ada@example.com" },
  onClose: () => { window.isDialogClosed = true; },
})
"""


@pytest.fixture(scope="module")
def project(web: Web) -> Project:
    return web.new_project("Browser")


@pytest.fixture(scope="module")
def site(project: Project) -> Iterator[Site]:
    modules = node_modules("@sentry/browser")
    where, _, number = project.dsn.rpartition("/")
    scheme, key, host = where.replace("@", "//").split("//")
    report = f"{scheme}//{host}/api/{number}/security/?sentry_key={key}"
    tunnel = f"{scheme}//{host}/api/{number}/envelope/"
    policy = f"script-src 'self'; report-uri {report}"
    with served(modules, tunnel=tunnel, policy=policy) as started:
        yield started


@contextmanager
def opened(browser: Browser, site: Site, path: str, **query: str) -> Iterator[Page]:
    """A page of the shop; at its end nothing but its own errors may have happened."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(f"{line.type}: {line.text}"))
    page.goto(f"{site.url}/{path}?{urlencode(query)}")
    yield page
    page.close()
    assert not [line for line in said if line.startswith(("error", "warning"))]


def press(page: Page, button: str) -> None:
    """Presses it, and waits until the client has sent what it has to."""
    page.wait_for_function("window.Sentry !== undefined")
    page.click(f"#{button}")
    assert page.evaluate("Sentry.flush(5000)") is True


@pytest.fixture(scope="module")
def thrown(browser: Browser, site: Site, project: Project) -> Told:
    with opened(browser, site, "shop.html", dsn=project.dsn, step="1") as page:
        press(page, "pay")
    return project.told("Cannot read properties of undefined")


def test_a_thrown_error_has_its_title_and_place(thrown: Told, site: Site) -> None:
    issue = thrown.issue
    assert issue["title"].startswith("TypeError: Cannot read properties of undefined")
    assert issue["culprit"] == f"priceOf({site.url}/shop.js)"
    assert (issue["level"], issue["count"], issue["userCount"]) == ("error", "1", 1)


def test_a_thrown_error_has_its_frames(thrown: Told, site: Site) -> None:
    *_, handler, place = thrown.frames()
    assert handler["function"] == "HTMLButtonElement.pay"
    assert place["function"] == "priceOf"
    assert place["absPath"] == f"{site.url}/shop.js"
    assert place["inApp"]
    assert (place["lineNo"], place["colNo"]) == (16, 23)


def test_a_thrown_error_tells_who_where_and_which_version(
    thrown: Told, site: Site
) -> None:
    event, tags = thrown.event, thrown.tags
    assert event["release"]["version"] == tags["release"] == "shop-web@1.2.3"
    assert event["environment"] == tags["environment"] == "staging"
    assert tags["region"] == "eu-west"
    assert (event["user"]["id"], event["user"]["email"]) == ("42", "ada@example.com")
    assert event["sdk"]["name"] == "sentry.javascript.browser"
    assert (tags["handled"], tags["url"]) == ("no", f"{site.url}/shop.html")
    assert "Chrome" in tags["browser.name"]
    assert tags["os.name"] == "Linux"
    assert thrown.entry("request")["query"][-1] == ["step", "1"]


def test_a_thrown_error_has_its_breadcrumbs(thrown: Told) -> None:
    crumbs = thrown.entry("breadcrumbs")["values"]
    told = [(one["category"], one["message"]) for one in crumbs]
    assert told[-2:] == [("ui.click", "body > button#pay"), ("console", "about to pay")]


def test_nothing_of_a_thrown_error_is_set_aside(thrown: Told) -> None:
    assert thrown.event["errors"] == []


def test_the_page_shows_a_thrown_error(thrown: Told, web: Web) -> None:
    page = web.page(thrown.issue["permalink"])
    for words in ("Cannot read properties of undefined", "priceOf", "about to pay"):
        assert words in page


def test_an_unhandled_rejection_is_an_event(
    browser: Browser, site: Site, project: Project
) -> None:
    with opened(browser, site, "shop.html", dsn=project.dsn) as page:
        press(page, "ship")
    told = project.told("no ship is large enough")
    assert told.issue["title"] == "RangeError: no ship is large enough"
    assert told.frames()[-1]["function"] == "HTMLButtonElement.ship"
    assert "onunhandledrejection" in told.tags["mechanism"]
    assert told.tags["handled"] == "no"


def test_users_tell_in_the_sdks_dialog_what_happened(
    browser: Browser, site: Site, web: Web
) -> None:
    told = web.new_project("Told")
    with opened(browser, site, "shop.html", dsn=told.dsn) as page:
        press(page, "pay")
        page.evaluate(_SHOW_DIALOG)
        page.fill("dialog [name=comments]", "I only wanted to pay")
        page.click("dialog [type=submit]")
        page.click("dialog [role=status] button")
        page.wait_for_function("window.isDialogClosed")
    crash = told.told("Cannot read properties of undefined")
    where = f"issues/{crash.issue['id']}/user-reports/"
    wait_for(lambda: bool(web.get(where)))
    (report,) = web.get(where)
    assert (report["name"], report["email"]) == ("Ada", "ada@example.com")
    assert report["comments"] == "I only wanted to pay"
    assert report["eventID"] == crash.event["eventID"]


def test_a_violated_policy_is_an_event(
    browser: Browser, site: Site, project: Project
) -> None:
    """The browser reports by itself what the page may not do; no SDK is there."""
    page = browser.new_page()
    page.goto(f"{site.url}/strict.html")
    assert page.title() == "Strict"
    told = project.told("Blocked")
    page.close()
    assert told.issue["title"] == "Blocked inline 'script'"
    assert (told.event["type"], told.issue["count"]) == ("csp", "1")
    assert told.tags["url"] == f"{site.url}/strict.html"
    assert "Chrome" in told.tags["browser.name"]
    assert told.entry("csp")["effective_directive"] == "script-src-elem"


def test_an_event_comes_through_a_tunnel(
    browser: Browser, site: Site, web: Web
) -> None:
    """Through the shop's own server, where only the envelope tells where it goes."""
    tunnelled = web.new_project("Tunnelled")
    site.tunnel = f"{web.url}/api/{tunnelled.dsn.rpartition('/')[2]}/envelope/"
    query = {"dsn": tunnelled.dsn, "tunnel": "/tunnel"}
    with opened(browser, site, "shop.html", **query) as page:
        press(page, "pay")
    assert tunnelled.told("Cannot read properties of undefined").tags["handled"] == "no"
