"""Gives every run its own PostgreSQL and Valkey, unless the environment names some."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from pytest_django import DjangoDbBlocker, Settings

from errtrack.embedded import addresses, servers
from errtrack.embedded.postgres import Postgres
from errtrack.embedded.server import Server
from errtrack.embedded.valkey import Valkey
from errtrack.staticfiles import collect_if_changed
from tests.emptying import empty_unmanaged_tables

_PURE_TESTS = Path(__file__).parent / "unit"
_stack = ExitStack()
DATA = Path(_stack.enter_context(tempfile.TemporaryDirectory(prefix="errtrack-test-")))


def _choose_servers() -> list[type[Server]]:
    """Which servers are ours to start; their addresses go into the environment."""
    kinds: list[type[Server]] = []
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = addresses.database_url(DATA)
        kinds.append(Postgres)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = addresses.redis_url(DATA)
        kinds.append(Valkey)
    return kinds


_before = dict(os.environ)
# Here and not in a fixture: Django reads its settings before any fixture runs.
os.environ["ERRTRACK_DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "errtrack.settings"
_KINDS = _choose_servers()
django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Lets each process that shares the tests choose servers of its own."""
    for name in os.environ.keys() - _before.keys():
        del os.environ[name]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the servers, unless all that will run are tests of pure modules."""
    if session.config.option.collectonly:
        return
    if any(not item.path.is_relative_to(_PURE_TESTS) for item in session.items):
        _stack.enter_context(servers.running(DATA, _KINDS))
        collect_if_changed()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stack.close()


@pytest.fixture
def committed_db(transactional_db: None) -> Iterator[None]:
    """Empty servers for a test that commits, and for whatever comes after it."""
    from projects import valkey

    valkey.blocking().flushdb()
    yield
    valkey.blocking().flushdb()


@pytest.fixture(autouse=True)
def _leave_nothing_committed(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Empties, after a test that commits, the tables that Django does not manage: its
    own flush knows nothing of them."""
    from issues.store import forget_everything

    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or (
        marker is not None and marker.kwargs.get("transaction", False)
    )
    if commits:
        forget_everything()
    yield
    if commits:
        with django_db_blocker.unblock():
            empty_unmanaged_tables()
        forget_everything()


@pytest.fixture
def data_folder(tmp_path: Path, settings: Settings) -> Path:
    """An empty data folder, in which attachments are kept."""
    attachments = settings.STORAGES["attachments"]
    options = attachments["OPTIONS"] | {"location": str(tmp_path / "attachments")}
    attachments = attachments | {"OPTIONS": options}
    settings.DATA_DIR = tmp_path
    settings.STORAGES = settings.STORAGES | {"attachments": attachments}
    return tmp_path
