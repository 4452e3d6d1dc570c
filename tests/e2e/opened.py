"""Ways to open what a page of the shop keeps closed: menus, dialogs, bars, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from tests.demo.shop import Shop

Opening = Callable[[Page], None]

MENU_ITEM = (
    "details.menu[open] .pop :is(a, button, select, textarea, input:not([type=hidden]))"
)
_CLOSED = "main details:not(.menu):not([open])"


def disclose(page: Page) -> None:
    """Opens all that unfolds in the page, one within the other included."""
    page.evaluate(
        "all => document.querySelectorAll(all).forEach(one => { one.open = true; })",
        _CLOSED,
    )


def ask_for_help(page: Page) -> None:
    page.keyboard.press("?")
    page.locator("#keys[open]").wait_for()


def jump(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#jump[open] .jump-r a").first.wait_for()


def jump_to_nothing(page: Page) -> None:
    jump(page)
    page.keyboard.type("nothing is called so")
    page.locator("#jump[open] .jump-none").wait_for()


def complete(page: Page) -> None:
    page.locator("#q").click()
    page.locator("#q").press_sequentially(" rel")
    page.locator("#suggest [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.locator("#suggest [aria-selected=true]").wait_for()


def select_all(page: Page) -> None:
    page.locator("#all").check()
    page.locator(".has-sel").first.wait_for()


def act(page: Page) -> None:
    page.locator(".row [name=issue]").first.check()
    page.keyboard.press("b")
    page.locator(".toast").first.wait_for()


def peek(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.locator(".peek").first.wait_for()


def lose_the_server(page: Page) -> None:
    page.evaluate("document.querySelector('#stale').hidden = false")


def err(page: Page) -> None:
    form = page.locator("main form[method=post]").last
    form.evaluate("form => { form.noValidate = true; }")
    form.locator("[name=name]").fill("")
    form.locator("button:not([type=button])").first.click()
    page.locator("[aria-invalid=true]").first.wait_for()


def openings(shop: Shop) -> Iterator[tuple[str, Opening]]:
    """Address and way to open, for each kind of thing that opens."""
    home = f"/o/{shop.organization.slug}/p/{shop.checkout.slug}/"
    for way in (ask_for_help, jump, jump_to_nothing, complete, select_all):
        yield home, way
    for way in (peek, lose_the_server, act):
        yield home, way
    yield f"{home}new-monitor/", err
    for part in ("", "merged/", "compare/?with=CHECKOUT-3"):
        yield f"{home}issues/{shop.issue.number}/{part}", disclose
    yield f"{home}settings/keys/", disclose
    yield f"{home}setup/", disclose
