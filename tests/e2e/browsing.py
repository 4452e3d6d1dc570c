"""A running service in a real browser, and events for it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.e2e.service import EMAIL, PASSWORD, Service


@dataclass(frozen=True)
class Site:
    """A running service with issues, and a browser that is signed in to it."""

    browser: Browser
    url: str
    home: str
    cookies: Any

    @contextmanager
    def page(self, **options: Any) -> Iterator[Page]:
        """A page of its own; at its end nothing may have gone wrong in it."""
        options = {"viewport": {"width": 1440, "height": 900}} | options
        context = self.browser.new_context(base_url=self.url, **options)
        context.add_cookies(self.cookies)
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if said.type == "error" else None,
        )
        yield page
        context.close()
        assert wrong == []


def send(dsn: str, payload: dict[str, Any]) -> None:
    """Posts an event to the DSN's project, as a very old SDK does."""
    parts = urlsplit(dsn)
    url = f"{parts.scheme}://{parts.hostname}:{parts.port}/api{parts.path}/store/"
    request = urllib.request.Request(
        f"{url}?sentry_key={parts.username}&sentry_version=7",
        data=json.dumps(payload).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def sign_in(browser: Browser, service: Service, *, issues: int) -> Site:
    """The service as its owner sees it, once so many issues are in the list."""
    context = browser.new_context(base_url=service.url)
    page = context.new_page()
    page.goto("/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.click(".card-link")
    page.wait_for_selector("#stream")
    home = urlsplit(page.url).path
    for _ in range(100):
        if page.locator(".row").count() == issues:
            break
        page.wait_for_timeout(100)
        page.goto(home)
    cookies = context.cookies()
    context.close()
    return Site(browser, service.url, home, cookies)
