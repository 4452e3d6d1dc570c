"""The real sentry-sdk, unmodified, in programs of its own."""

from __future__ import annotations

import pytest

from issues.models import Level
from tests.bench.probes import Store
from tests.e2e import service
from tests.e2e.reading import Stored, stored_events
from tests.e2e.service import Service, wait_for

pytestmark = pytest.mark.slow

_PROGRAM = """\
import logging
import sentry_sdk

sentry_sdk.init(
    {dsn!r},
    release="shop@1.2.3",
    environment="staging",
    traces_sample_rate=1.0,
    send_default_pii=True,
    _experiments={{"transport_compression_algo": {algorithm!r}}},
)
sentry_sdk.set_user({{"id": 42, "email": "ada@example.com"}})
sentry_sdk.set_tag("region", "eu-west")


def total(prices):
    currency = "EUR"
    password = "-".join(["hunter", "2"])
    return sum(prices) / len(prices)


sentry_sdk.add_breadcrumb(category="cart", message="emptied the cart")
with sentry_sdk.start_transaction(name="checkout"):
    try:
        total([])
    except ZeroDivisionError as error:
        try:
            raise ValueError("no average of {marker}") from error
        except ValueError:
            sentry_sdk.capture_exception()
sentry_sdk.capture_message("about {marker}", level="warning")
logging.getLogger("shop").error("order %s was lost", {marker!r})
sentry_sdk.flush()
"""


@pytest.fixture(scope="module", params=["gzip", "br"])
def stored(
    request: pytest.FixtureRequest,
    running: Service,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Stored]:
    """The program's exception, message and log line, by the logger or type."""
    marker = f"basket-{request.param}"
    script = tmp_path_factory.mktemp("shop") / "shop.py"
    script.write_text(
        _PROGRAM.format(dsn=running.dsn, algorithm=request.param, marker=marker)
    )
    store = Store(running.data)
    project = int(running.dsn.rsplit("/", 1)[1])
    before = store.events_of(project)
    service.run_program(script)
    wait_for(lambda: store.events_of(project) == before + 3)
    store.close()
    found = stored_events(running.data).values()
    ours = [one for one in found if marker in one.issue["value"]]
    return {one.issue["type"] or one.issue["value"].split()[0]: one for one in ours}


def test_exception_keeps_its_chain_and_source(stored: dict[str, Stored]) -> None:
    payload = stored["ValueError"].payload
    assert payload is not None
    cause, error = payload["exception"]["values"]
    assert (cause["type"], error["type"]) == ("ZeroDivisionError", "ValueError")
    frame = cause["stacktrace"]["frames"][-1]
    assert frame["function"] == "total"
    assert frame["context_line"] == "    return sum(prices) / len(prices)"
    assert frame["vars"]["currency"] == "'EUR'"
    assert "hunter-2" not in str(payload)


def test_event_names_user_release_and_tags(stored: dict[str, Stored]) -> None:
    event = stored["ValueError"]
    assert event.user == "id:42"
    assert event.tags["release"] == "shop@1.2.3"
    assert event.tags["environment"] == "staging"
    assert event.tags["region"] == "eu-west"
    assert event.issue["title"].startswith("ValueError: no average of basket")
    payload = event.payload
    assert payload is not None
    assert payload["breadcrumbs"]["values"][-1]["message"] == "emptied the cart"
    assert payload["modules"]["sentry-sdk"]


def test_message_and_log_line_are_events(stored: dict[str, Stored]) -> None:
    assert stored["about"].level == Level.WARNING
    assert stored["about"].issue["type"] == ""
    line = stored["order"]
    assert line.issue["title"].startswith("order basket-")
    assert line.payload is not None
    assert line.payload["logger"] == "shop"


def test_transactions_and_sessions_are_counted_and_nothing_else(
    running: Service, stored: dict[str, Stored]
) -> None:
    assert set(stored) == {"ValueError", "about", "order"}
    store = Store(running.data)
    transactions = (
        "SELECT sum(count) FROM ingest_outcomecount"
        " WHERE category = 'transaction' AND outcome = 'unsupported'"
    )
    wait_for(lambda: store.number(transactions) >= 1)
    store.close()
