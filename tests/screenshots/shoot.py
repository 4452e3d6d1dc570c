"""Takes a picture of every page of the bookshop, as people see it.

Not a test: `make screenshots` runs it, and what it writes is committed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker

from errtrack import heartbeat
from tests.demo.shop import today
from tests.demo.site import Site, opened

# Otherwise no database is made.
pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
MAX_BYTES = 60 * 1024
# Tried one after the other until a picture is small enough.
_QUALITIES = (0.86, 0.76, 0.66, 0.5, 0.35)
_ENCODE = """async ({png, quality}) => {
  const image = new Image(); image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A page as it is pictured; `path` may name what the shop has."""

    name: str
    path: str
    theme: Any = "light"
    width: int = 1440
    height: int = 900
    language: str = "en"
    # What is pressed before.
    key: str = ""


_P = "/o/harbour-books/p/checkout/"
_O = "/o/harbour-books/"
PAGES = {
    "issues": _P,
    "issue": _P + "issues/{number}/",
    "event-details": _P + "issues/{number}/#request",
    "all-events": _P + "issues/{number}/events/",
    "similar": _P + "issues/{number}/similar/",
    "activity": _P + "activity/",
    "tags": _P + "issues/{number}/tags/",
    "overview": _P + "overview/",
    "feedback": _P + "feedback/",
    "releases": _P + "releases/",
    "release": _P + "releases/checkout@2.14.0/",
    "monitors": _P + "monitors/",
    "monitor": _P + "monitors/nightly-backup/",
    "ingest-health": _P + "ingest/?graph=14d",
    "setup": _P + "setup/",
    "project-settings": _P + "settings/",
    "keys": _P + "settings/keys/",
    "filters": _P + "settings/filters/",
    "limits": _P + "settings/limits/",
    "grouping": _P + "settings/grouping/",
    "projects": _O,
    "organization-overview": _O + "overview/",
    "all-issues": _O + "issues/",
    "searches": _O + "searches/",
    "members": _O + "members/",
    "teams": _O + "teams/",
    "api-tokens": _O + "tokens/",
    "organization-settings": _O + "settings/",
    "profile": "/profile/",
    "notifications": "/profile/notifications/",
    "system-status": "/status/",
}
SHOTS = (
    *(Shot(name=name, path=path) for name, path in PAGES.items()),
    Shot(name="keyboard", path=_P, key="?"),
    Shot(name="jump", path=_P, key="Control+k"),
    *(
        Shot(name=f"{name}-dark", path=PAGES[name], theme="dark")
        for name in ("issues", "issue", "overview")
    ),
    *(
        Shot(name=f"{name}-phone", path=PAGES[name], width=390, height=844)
        for name in ("issues", "issue", "overview")
    ),
    *(
        Shot(name=f"{name}-chinese", path=PAGES[name], language="zh-hans")
        for name in ("issues", "overview")
    ),
)
# Only those whose names hold this word.
_WANTED = os.environ.get("SHOTS", "")


@pytest.fixture(scope="module")
def site(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    with (
        django_db_blocker.unblock(),
        opened(tmp_path_factory.mktemp("shop"), today()) as site,
    ):
        yield site


@pytest.mark.parametrize(
    "shot", [s for s in SHOTS if _WANTED in s.name], ids=lambda shot: shot.name
)
def test_take(site: Site, shot: Shot) -> None:
    context = site.browser.new_context(
        base_url=site.url,
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.theme,
        device_scale_factor=1 if shot.width > 600 else 2,
        timezone_id="Europe/Amsterdam",
    )
    context.add_cookies(site.cookies)
    language = {"name": "django_language", "value": shot.language, "url": site.url}
    context.add_cookies([language])  # type: ignore[list-item]  # A cookie as they are.
    page = context.new_page()
    # The first visit tells the server the time zone.
    for role in ("worker", "beat"):
        heartbeat.give(role)
    page.goto(shot.path.format(number=site.shop.issue.number))
    page.reload()
    if shot.key:
        page.keyboard.press(shot.key)
    # Charts and fonts are drawn by then, and what a key asked for is there.
    page.wait_for_timeout(500)
    write(page, shot.name)
    context.close()


def write(page: Page, name: str) -> None:
    """Keeps the picture as WebP, which the browser itself can write."""
    png = base64.b64encode(page.screenshot()).decode()
    blank = page.context.browser.new_page()  # type: ignore[union-attr]  # It is open.
    pictures = (
        base64.b64decode(blank.evaluate(_ENCODE, {"png": png, "quality": quality}))
        for quality in _QUALITIES
    )
    picture = next(one for one in pictures if len(one) <= MAX_BYTES)
    blank.close()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.webp").write_bytes(picture)
    if os.environ.get("SHOTS_PNG"):
        Path(os.environ["SHOTS_PNG"], f"{name}.png").write_bytes(base64.b64decode(png))
