"""The browser that tests look at pages with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_CHROMIUM = shutil.which("chromium")


@contextmanager
def launched() -> Iterator[Browser]:
    assert _CHROMIUM, "the tests need a browser: install chromium"
    with sync_playwright() as playwright:
        # Containers often run as root, where Chromium has no sandbox.
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()
