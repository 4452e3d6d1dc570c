"""Release health by the real sentry-sdk: sessions of a program and of a server."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bench.probes import Store
from tests.e2e import service
from tests.e2e.service import Service, wait_for

pytestmark = pytest.mark.slow

# Two sessions in application mode, of which one has an error; or requests to a server,
# which the SDK counts before it tells of them.
_PROGRAM = """\
import sys
import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.sessions import track_session

sentry_sdk.init(
    {dsn!r}, release={release!r}, environment="prod", auto_session_tracking=True
)


def run(function):
    with sentry_sdk.isolation_scope() as scope:
        sentry_sdk.set_user({{"id": function.__name__}})
        with track_session(scope, session_mode="application"):
            function()


def well():
    pass


def with_an_error():
    sentry_sdk.capture_exception(ValueError("handled"))


def application(environ, start_response):
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("broken page")
    start_response("200 OK", [])
    return [b"fine"]


def visit(path):
    served = SentryWsgiMiddleware(application)
    environ = {{
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "shop",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }}
    try:
        list(served(environ, lambda status, headers: None))
    except RuntimeError:
        pass


if sys.argv[1] == "program":
    run(well)
    run(with_an_error)
else:
    for _ in range(5):
        visit("/")
    visit("/broken")
sentry_sdk.flush()
"""

_COUNTS = """
SELECT sum(h.{column}) FROM releases_releasehour h
JOIN releases_releaseenvironment e ON e.id = h.release_environment_id
JOIN releases_release r ON r.id = e.release_id
WHERE r.version = '{release}' AND e.environment = 'prod'
"""
_USERS = """
SELECT count(*) FROM releases_releaseuser u
JOIN releases_releaseenvironment e ON e.id = u.release_environment_id
JOIN releases_release r ON r.id = e.release_id
WHERE r.version = '{release}'
"""


@pytest.fixture(scope="module", params=["program", "server"])
def counted(
    request: pytest.FixtureRequest,
    running: Service,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, int]:
    """What is counted of a release that only this run has told of."""
    release = f"{request.param}@1.0"
    script = tmp_path_factory.mktemp("shop") / "shop.py"
    script.write_text(_PROGRAM.format(dsn=running.dsn, release=release))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), request.param],
        env=service.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    store = Store(running.data)

    def number(column: str) -> int:
        return store.number(_COUNTS.format(column=column, release=release)) or 0

    told = {"program": 2, "server": 6}[request.param]
    wait_for(lambda: number("sessions") == told and number("events") == 1)
    names = ("sessions", "errored", "unhandled", "abnormal", "crashed")
    found = {name: count for name in names if (count := number(name))}
    found["users"] = store.number(_USERS.format(release=release))
    store.close()
    return found


@pytest.mark.parametrize("counted", ["program"], indirect=True)
def test_sessions_of_a_program(counted: dict[str, int]) -> None:
    assert counted == {"sessions": 2, "errored": 1, "users": 2}


@pytest.mark.parametrize("counted", ["server"], indirect=True)
def test_sessions_of_a_server(counted: dict[str, int]) -> None:
    assert counted == {"sessions": 6, "crashed": 1, "users": 0}
