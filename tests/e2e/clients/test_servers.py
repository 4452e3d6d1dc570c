"""Clients of Python and Node.js, new and old, in a program that dies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.clients.installed import Ran, run_node, run_python
from tests.e2e.clients.web import Told, Web

pytestmark = pytest.mark.slow

# How a client says that something went wrong with it, not with the program.
_COMPLAINT = re.compile(
    r"\[sentry\] (?:WARNING|ERROR)|Sentry Logger \[(?:warn|error)\]"
    r"|^(?:WARNING|ERROR):|alert: |refused: |something was lost",
    re.MULTILINE,
)
MESSAGES = 3


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and what is its own in the events of the same program.

    `calls` are frames of the first cause: function, and whether it is the program's.
    """

    package: str
    program: str
    sdk: str
    type: str
    calls: tuple[tuple[str, bool], ...]
    culprit: str
    # Oldest first.
    chain: tuple[str, ...]
    mechanism: str | None

    def run(self, dsn: str) -> Ran:
        env = {"SHOP_DSN": dsn}
        run_it = run_node if self.program.endswith(".cjs") else run_python
        return run_it(self.program, self.package, env)


def _python(package: str, sdk: str, *, knows_libraries: bool = True) -> Client:
    return Client(
        package=package,
        program="python_sdk.py",
        sdk=sdk,
        type="ValueError",
        calls=(("average", True), ("mean", not knows_libraries)),
        culprit="__main__ in <module>",
        chain=("StatisticsError", "ValueError"),
        mechanism="excepthook",
    )


def _node(package: str, sdk: str) -> Client:
    return Client(
        package=package,
        program="node_sdk.cjs",
        sdk=sdk,
        type="TypeError",
        calls=(("Immediate.average", True), ("Object.readFileSync", False)),
        culprit="average(node_sdk)",
        chain=("Error", "TypeError"),
        mechanism="onuncaughtexception",
    )


CLIENTS = (
    _python("sentry-sdk-2", "sentry.python/2."),
    _python("sentry-sdk-1", "sentry.python/1."),
    _python("sentry-sdk-0", "sentry.python/0.", knows_libraries=False),
    Client(
        package="raven-6",
        program="python_raven.py",
        sdk="raven-python/6.",
        type="ValueError",
        # Of the causes' frames this client does not tell whose they are.
        calls=(("average", False), ("mean", False)),
        culprit="__main__ in <module>",
        chain=("StatisticsError", "ValueError"),
        mechanism=None,
    ),
    _node("sentry-node-newest", "sentry.javascript.node/11."),
    _node("sentry-node-7", "sentry.javascript.node/7."),
    Client(
        package="raven",
        program="node_raven.cjs",
        sdk="raven-node/2.",
        type="TypeError",
        calls=(("process.processImmediate", False), ("Immediate.average", True)),
        culprit="node_raven.cjs at Immediate.average",
        chain=("TypeError",),
        mechanism=None,
    ),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """What came of a program that has died."""

    client: Client
    ran: Ran
    crash: Told
    loss: Told


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda client: client.package)
def shop(request: pytest.FixtureRequest, web: Web) -> Shop:
    client: Client = request.param
    project = web.new_project(client.package)
    ran = client.run(project.dsn)
    crash = project.told("the shop has no average")
    loss = project.told("the shop lost order", count=MESSAGES)
    return Shop(client, ran, crash, loss)


def test_the_client_delivers_all_without_complaint(shop: Shop) -> None:
    said = shop.ran.out + shop.ran.err
    assert shop.ran.status == 1, said
    assert not _COMPLAINT.search(said), said
    if shop.client.program.endswith(".cjs"):
        assert "all was flushed" in said


def test_the_crash_has_its_title_and_place(shop: Shop) -> None:
    client, issue = shop.client, shop.crash.issue
    assert issue["title"] == f"{client.type}: the shop has no average"
    assert issue["culprit"] == client.culprit
    assert (issue["level"], issue["count"]) == (shop.crash.event["level"], "1")
    assert issue["level"] in ("error", "fatal")


def test_the_crash_has_its_chain_and_frames(shop: Shop) -> None:
    client, crash = shop.client, shop.crash
    values = crash.entry("exception")["values"]
    assert tuple(one["type"] for one in values) == client.chain
    calls = [(one["function"], one["inApp"]) for one in crash.frames(0)]
    assert [one for one in calls if one in client.calls] == list(client.calls), calls
    place = crash.frames()[-1]
    assert place["inApp"]
    assert Path(place["filename"]).name == client.program
    assert any("has no average" in line for _, line in place["context"])


def test_the_crash_tells_who_where_and_which_version(shop: Shop) -> None:
    event, tags = shop.crash.event, shop.crash.tags
    assert event["release"]["version"] == tags["release"] == "shop@1.2.3"
    assert event["environment"] == tags["environment"] == "staging"
    assert tags["region"] == "eu-west"
    assert tags["server_name"] == "shop-1"
    user = event["user"]
    assert (user["id"], user["email"]) == ("42", "ada@example.com")
    assert shop.crash.issue["userCount"] == 1
    assert "emptied the cart" in shop.crash.crumbs()


def test_the_crash_tells_its_client_and_that_nobody_caught_it(shop: Shop) -> None:
    sdk, tags = shop.crash.event["sdk"], shop.crash.tags
    assert f"{sdk['name']}/{sdk['version']}".startswith(shop.client.sdk)
    if shop.client.mechanism:
        assert shop.client.mechanism in tags["mechanism"]
        assert tags["handled"] == "no"


def test_messages_of_one_kind_are_one_issue(shop: Shop) -> None:
    issue, event = shop.loss.issue, shop.loss.event
    assert re.fullmatch("the shop lost order [123]", issue["title"])
    assert (issue["level"], event["level"]) == ("warning", "warning")
    assert issue["count"] == str(MESSAGES)


def test_nothing_of_the_events_is_set_aside(shop: Shop) -> None:
    assert shop.crash.event["errors"] == shop.loss.event["errors"] == []


def test_the_page_shows_the_crash(shop: Shop, web: Web) -> None:
    page = web.page(shop.crash.issue["permalink"])
    for words in (
        "the shop has no average",
        "average",
        "shop@1.2.3",
        "ada@example.com",
        "emptied the cart",
    ):
        assert words in page


@pytest.mark.parametrize(
    "package", ["sentry-sdk-0", "raven-6", "sentry-node-newest", "raven"]
)
def test_a_refused_client_complains(package: str, web: Web) -> None:
    """So that no complaint means that all was taken."""
    (client,) = (one for one in CLIENTS if one.package == package)
    unknown_key = "f" * 32
    ran = client.run(web.url.replace("//", f"//{unknown_key}@") + "/1")
    assert _COMPLAINT.search(ran.out + ran.err), ran
