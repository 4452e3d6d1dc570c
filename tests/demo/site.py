"""The bookshop behind a web server of this process, for a browser to look at."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection
from django.test.testcases import LiveServerThread
from django.test.utils import override_settings
from playwright.sync_api import Browser

from issues.store import forget_everything
from projects import valkey
from projects.models import User
from tests.browser import launched
from tests.demo import extras, shop
from tests.demo.shop import Shop
from tests.emptying import empty_unmanaged_tables
from tests.people import signed_in


@dataclass(frozen=True)
class Site:
    """The shop's pages in a browser."""

    url: str
    shop: Shop
    browser: Browser
    # Those of a browser in which the owner has signed in.
    cookies: Any


@contextmanager
def opened(data: Path, now: datetime) -> Iterator[Site]:
    """A database with the shop in it, a server and a browser; empty afterwards.

    Needs the test's database to be open for writing (django_db_blocker).
    """
    storages: dict[str, Any] = copy.deepcopy(settings.STORAGES)
    storages["attachments"]["OPTIONS"]["location"] = str(data / "attachments")
    changed = override_settings(DATA_DIR=data, STORAGES=storages)
    with changed, pytest.MonkeyPatch.context() as patch:
        # The browser's driver runs an event loop in this thread.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        _clear()
        built = shop.build(now)
        extras.add(built, now)
        server = LiveServerThread("127.0.0.1", static_handler=_AsTheyAre)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        url = f"http://127.0.0.1:{server.port}"
        cookies = _cookies(url, built.owner)
        try:
            with launched() as browser:
                yield Site(url, built, browser, cookies)
        finally:
            server.terminate()
            server.join()
            _clear()


class _AsTheyAre(WSGIHandler):
    """Leaves static files to the pages' own middleware, as it is in earnest."""

    def __init__(self, _pages: WSGIHandler) -> None:
        super().__init__()


def _cookies(url: str, user: User) -> Any:
    cookie = signed_in(user).cookies[settings.SESSION_COOKIE_NAME]
    return [{"name": cookie.key, "value": cookie.value, "url": url}]


def _clear() -> None:
    """Empty servers; Django's own flush knows nothing of unmanaged tables."""
    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        # A thread of the server may not have noticed yet that it has ended.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    empty_unmanaged_tables()
    valkey.blocking().flushdb()
    forget_everything()
