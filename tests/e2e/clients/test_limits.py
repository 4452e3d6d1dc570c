"""Real clients that meet a limit hold back as long as they are told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.bench.probes import Store
from tests.e2e.clients.installed import run_node, run_python
from tests.e2e.clients.web import Project, Web
from tests.e2e.service import Service, wait_for

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Client:
    """A client; `tells` says whether it reports later what it held back."""

    package: str
    program: str
    tells: bool

    def run(self, dsn: str) -> None:
        run_it = run_node if self.program.endswith(".cjs") else run_python
        ran = run_it(self.program, self.package, {"SHOP_DSN": dsn})
        assert ran.status == 0, ran.out + ran.err


CLIENTS = (
    Client("sentry-sdk-2", "limited_sdk.py", tells=True),
    Client("sentry-sdk-1", "limited_sdk.py", tells=True),
    Client("sentry-sdk-0", "limited_sdk.py", tells=False),
    Client("raven-6", "limited_raven.py", tells=False),
    Client("sentry-node-newest", "limited_sdk.cjs", tells=True),
    Client("sentry-node-7", "limited_sdk.cjs", tells=False),
)


@pytest.fixture(scope="module")
def projects(web: Web) -> dict[Client, Project | str]:
    """Where each client has met its limit; why not, where it is not installed.

    All of them at once: counts of what was refused are stored every ten seconds.
    """
    met: dict[Client, Project | str] = {}
    for client in CLIENTS:
        project = web.new_project(f"limited-{client.package}")
        web.put(project.path, {"rateLimit": {"count": 1, "window": 3600}})
        try:
            client.run(project.dsn)
        except pytest.skip.Exception as missing:
            met[client] = str(missing)
        else:
            met[client] = project
    return met


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.package)
def test_after_a_refusal_nothing_is_sent_and_that_is_told(
    running: Service, projects: dict[Client, Project | str], client: Client
) -> None:
    project = projects[client]
    if isinstance(project, str):
        pytest.skip(project)
    store = Store(running.data)

    def counted(outcome: str) -> int:
        return store.number(
            "SELECT coalesce(sum(count), 0)::int FROM ingest_outcomecount"
            f" WHERE project_id = {int(project.dsn.rsplit('/', 1)[1])}"
            f" AND outcome = '{outcome}' AND category IN ('default', 'error')"
        )

    wait_for(lambda: counted("rate_limited") > 0)
    wait_for(lambda: counted("client_discard") > 0 or not client.tells)
    # The second met the limit; the two after it never left the client.
    assert (counted("accepted"), counted("rate_limited")) == (1, 1)
    assert counted("client_discard") == (2 if client.tells else 0)
    store.close()
