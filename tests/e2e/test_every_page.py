"""Every page that there is, in a real browser: whatever the URLs lead to.

The addresses are those of the URL configuration, so that a new page cannot be
forgotten; it is filled with the made-up bookshop of tests.demo.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker

from releases.models import Release
from tests.demo.shop import Shop, today
from tests.demo.site import Site, opened
from tests.e2e.opened import MENU_ITEM, openings
from tests.files import PNG, attach
from tests.guard.test_access import PUBLIC, addresses, furnish
from tests.people import signed_in

# Without the first no database is made.
pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.slow]

MAX_GZIP_BYTES = 25 * 1024
# With the narrower ones at which nothing may scroll sideways either. 320 px is a
# window of 1280 at 400 %.
WIDTHS = {1440: (1024, 820), 390: (320,)}
# Pages of Django's own, and what is no page.
NOT_OURS = ("admin/", "api/", "health/", "metrics", "robots.txt", "favicon.ico")
# States that no route alone leads to; below the project's address.
STATES = (
    "?q=nothing",
    "?q=is:wrong",
    "?graph=14d&sort=events",
    "overview/?graph=24h",
    "overview/?graph=90d",
    "releases/?q=nothing",
    "ingest/?graph=30d",
    "ingest/event/?id=" + "f" * 32,
    "issues/999/",
    "issues/{number}/?raw=1",
    "issues/{number}/?graph=14d",
    "issues/{number}/?graph=90d",
    "issues/{number}/events/?q=environment:production",
    "issues/{number}/events/?q=environment:none",
    "issues/{number}/tags/?key=release",
    "issues/{number}/compare/?with=nothing",
    "releases/{version}/?graph=14d",
)
_AXE = """async ({rules, within}) => {
  const options = {resultTypes: ["violations"]};
  if (rules) options.runOnly = rules;
  const place = within ? document.querySelector(within) : document;
  const found = (await axe.run(place, options)).violations;
  return found.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 300)}`);
}"""
_OVERHANG = (
    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
)
_IS_BACK = "one => one === document.activeElement && !one.parentElement.open"
# Whether what has the focus is hidden by something that lies above its middle.
_IS_HIDDEN = """() => {
  const one = document.activeElement, {left, top, height} = one.getBoundingClientRect();
  const above = document.elementFromPoint(left + 8, top + height / 2);
  // Behind the last element nothing has the focus.
  if (one === document.body) return false;
  return !(above && (one.closest(".row, body") ?? one).contains(above));
}"""
_CONTRAST = ["color-contrast", "link-in-text-block"]


@dataclass(frozen=True)
class Pages:
    """The site with the paths of its pages, and the bytes of each, compressed."""

    site: Site
    sizes: dict[str, int] = field(default_factory=dict)
    # What was answered with an error of ours.
    broken: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def pages(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("shop")
    with django_db_blocker.unblock(), opened(folder, today()) as site:
        pages = Pages(site)
        furnish(site.shop.issue)
        attach(site.shop.issue, PNG, "shot.png", content_type="image/png")
        look(pages, site.shop)
        yield pages


def look(pages: Pages, shop: Shop) -> None:
    """Finds the pages among all addresses: what answers the owner with HTML."""
    home = f"/o/{shop.organization.slug}/p/{shop.checkout.slug}/"
    wanted = [f"/{route}" for route in PUBLIC if not route.startswith(NOT_OURS)]
    wanted += [
        address.path
        for address in addresses(shop.issue, but=PUBLIC)
        if not address.route.startswith(NOT_OURS)
    ]
    known = {
        "number": shop.issue.number,
        "version": Release.objects.earliest("pk").version,
    }
    wanted += [home + state.format(**known) for state in STATES]
    owner, anybody = signed_in(shop.owner), Client()
    owner.raise_request_exception = anybody.raise_request_exception = False
    for path in dict.fromkeys(wanted):
        client = anybody if path.startswith("/accounts/log") else owner
        answer: Any = client.get(path)
        if answer.status_code >= 500:
            pages.broken.append(path)
        elif answer.status_code in {200, 404} and is_page(answer):
            pages.sizes[path] = len(gzip.compress(answer.content, 6))
        answer.close()


def is_page(answer: Any) -> bool:
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return (
        is_html
        and not answer.streaming
        and b"<!doctype html>" in answer.content[:100].lower()
    )


class Watch:
    """What goes wrong in a page besides what it shows."""

    def __init__(self, page: Page, url: str) -> None:
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self._see(request.url, url))

    def _hear(self, said: Any) -> None:
        # That a page is missing is its answer, and no mistake.
        if said.type == "error" and "404" not in said.text:
            self.wrong.append(said.text)

    def _see(self, asked: str, url: str) -> None:
        if not asked.startswith((url, "data:", "blob:")):
            self.wrong.append(f"asked for {asked}")

    def taken(self) -> list[str]:
        wrong, self.wrong[:] = list(self.wrong), []
        return wrong


def open_page(site: Site, **options: Any) -> Page:
    context = site.browser.new_context(
        base_url=site.url, viewport={"width": 1440, "height": 900}, **options
    )
    context.add_cookies(site.cookies)
    return context.new_page()


def test_there_are_pages_of_every_room(pages: Pages) -> None:
    assert len(pages.sizes) > 50


def test_no_page_breaks(pages: Pages) -> None:
    assert pages.broken == []


def test_every_page_is_light(pages: Pages) -> None:
    heavy = {path: n for path, n in pages.sizes.items() if n > MAX_GZIP_BYTES}
    assert heavy == {}


def axe(page: Page, within: str | None = None) -> Iterator[str]:
    """What axe finds in either theme, in the page or in one element of it."""
    page.emulate_media(color_scheme="light")
    for found in page.evaluate(_AXE, {"rules": None, "within": within}):
        yield found
    page.emulate_media(color_scheme="dark")
    for found in page.evaluate(_AXE, {"rules": _CONTRAST, "within": within}):
        yield f"dark: {found}"


def faults(page: Page, width: int) -> Iterator[str]:
    """What axe finds, and where the page scrolls sideways."""
    page.set_viewport_size({"width": width, "height": 900})
    for found in axe(page):
        yield f"{width}, {found}"
    for narrower in (width, *WIDTHS[width]):
        page.set_viewport_size({"width": narrower, "height": 900})
        if overhang := page.evaluate(_OVERHANG):
            yield f"{overhang} px too wide at {narrower}"


def test_every_page_is_sound(pages: Pages) -> None:
    """Axe finds nothing, nothing foreign is asked for, nothing breaks or sticks out."""
    page = open_page(pages.site)
    watch = Watch(page, pages.site.url)
    found: list[str] = []
    for path in pages.sizes:
        page.goto(path)
        page.evaluate(AXE_SCRIPT)
        wrong = [*(fault for width in WIDTHS for fault in faults(page, width))]
        found += [f"{path}: {one}" for one in wrong + watch.taken()]
    page.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (390, "zh-hans")])
def test_whatever_opens_is_sound(pages: Pages, width: int, language: str) -> None:
    """Axe finds nothing in dialogs, bars, toasts, errors and what unfolds."""
    page = open_page(pages.site)
    page.context.add_cookies(
        [{"name": "django_language", "value": language, "url": pages.site.url}]
    )
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = []
    for path, way in openings(pages.site.shop):
        page.goto(path)
        way(page)
        page.evaluate(AXE_SCRIPT)
        wrong = list(axe(page))
        if overhang := page.evaluate(_OVERHANG):
            wrong.append(f"{overhang} px too wide")
        found += [f"{path}, {way.__name__}: {one}" for one in wrong]
    page.context.close()
    assert not found, "\n".join(found)


def test_every_menu_is_walked_by_keyboard(pages: Pages) -> None:
    """Enter opens it, an arrow leads into it, Escape closes it and leads back.

    What it shows meanwhile is sound for axe.
    """
    shop = pages.site.shop
    organization = f"/o/{shop.organization.slug}/"
    home = f"{organization}p/{shop.checkout.slug}/"
    issue = f"{home}issues/{shop.issue.number}/"
    page = open_page(pages.site)
    known: set[str] = set()
    wrong: list[str] = []
    for path in (home, issue, f"{home}settings/keys/", f"{organization}members/"):
        page.goto(path)
        page.evaluate(AXE_SCRIPT)
        for menu in page.locator("details.menu > summary:visible").all():
            name = menu.get_attribute("aria-label") or menu.inner_text()
            if name in known:
                continue
            known.add(name)
            menu.press("Enter")
            # Some are loaded when they are opened.
            page.locator(MENU_ITEM).first.wait_for()
            page.keyboard.press("ArrowDown")
            is_inside = page.locator(f"{MENU_ITEM}:focus").count() == 1
            wrong += [f"{name}: {one}" for one in axe(page, "details.menu[open]")]
            page.keyboard.press("Escape")
            if not is_inside or not menu.evaluate(_IS_BACK):
                wrong.append(f"{path}: {name}")
    page.context.close()
    assert len(known) > 10
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 390])
def test_bars_never_hide_what_has_the_focus(pages: Pages, width: int) -> None:
    page = open_page(pages.site)
    page.set_viewport_size({"width": width, "height": 420})
    shop = pages.site.shop
    page.goto(f"/o/{shop.organization.slug}/p/{shop.checkout.slug}/")
    page.locator(".row [name=issue]").first.check()
    hidden = []
    # Back from the end they go under the bar above, forth under the one below.
    for key, place in (("Shift+Tab", "last"), ("Tab", "first")):
        getattr(page.locator(".r-link"), place).focus()
        for _ in range(26):
            page.keyboard.press(key)
            if page.evaluate(_IS_HIDDEN):
                hidden.append(page.evaluate("document.activeElement.outerHTML"))
    page.context.close()
    assert hidden == []


def test_every_page_renders_without_script(pages: Pages) -> None:
    page = open_page(pages.site, java_script_enabled=False)
    empty = []
    for path in pages.sizes:
        page.goto(path)
        if not page.locator("h1").first.is_visible() or not page.inner_text("main"):
            empty.append(path)
    page.context.close()
    assert empty == []


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_no_action_covers_another_without_script(pages: Pages, width: int) -> None:
    page = open_page(pages.site, java_script_enabled=False)
    page.set_viewport_size({"width": width, "height": 900})
    shop = pages.site.shop
    page.goto(f"/o/{shop.organization.slug}/p/{shop.checkout.slug}/")
    for action in page.locator(".tools :is(a, summary, [name=do].btn):visible").all():
        # Fails where the middle of the element is not its own.
        action.click(trial=True, timeout=2000)
    page.context.close()


def test_an_issue_prints_light_without_controls_and_with_its_source(
    pages: Pages,
) -> None:
    page = open_page(pages.site, color_scheme="dark")
    page.emulate_media(media="print")
    shop = pages.site.shop
    home = f"/o/{shop.organization.slug}/p/{shop.checkout.slug}/"
    page.goto(f"{home}issues/{shop.issue.number}/")
    background = "getComputedStyle(document.querySelector('.panel')).backgroundColor"
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    assert page.locator(".btn:visible, .seg:visible, .tabs:visible").count() == 0
    closed = page.locator("details.frame:not([open]) .src").first
    assert closed.is_visible()
    page.context.close()


def test_what_is_chosen_shows_in_forced_colours(pages: Pages) -> None:
    page = open_page(pages.site, forced_colors="active")
    shop = pages.site.shop
    page.goto(f"/o/{shop.organization.slug}/p/{shop.checkout.slug}/new-monitor/")
    drawn = "one => getComputedStyle(one).appearance"
    assert page.locator("[type=radio]:checked").first.evaluate(drawn) == "auto"
    line = "one => getComputedStyle(one).borderBottomWidth"
    assert page.locator(".tabs [aria-current]").evaluate(line) == "3px"
    page.context.close()
