"""The service reports its own errors: few, without what is others', or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from errtrack.selfreport import REPORTS_PER_MINUTE
from ingest.body import decompress
from ingest.envelope import parse_envelope

# A process of the service that meets the same error again and again.
FAILING = """
import django
django.setup()
import logging
import sys
from errtrack import selfreport
selfreport.start("worker")

def fail():
    password = "hunter2"
    raise ValueError("broken")

for _ in range(25):
    try:
        fail()
    except ValueError:
        logging.getLogger("ingest.digest").exception("batch failed")
if "sentry_sdk" in sys.modules:
    import sentry_sdk
    sentry_sdk.flush(10)
sys.stdout.write(str("sentry_sdk" in sys.modules))
"""


class Collector(HTTPServer):
    """Takes envelopes as any errtrack does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[dict[str, Any]] = []

    @property
    def dsn(self) -> str:
        return f"http://{'0' * 32}@127.0.0.1:{self.server_port}/1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        body = decompress(sent, self.headers["Content-Encoding"], 10**6)
        for item in parse_envelope(body).items:
            if item.headers["type"] == "event":
                self.server.events.append(json.loads(bytes(item.payload)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_failing(dsn: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        env={**os.environ, "ERRTRACK_SELF_DSN": dsn},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_errors_are_reported_within_a_budget(collector: Collector) -> None:
    run_failing(collector.dsn)
    assert len(collector.events) == REPORTS_PER_MINUTE
    event = collector.events[0]
    assert event["exception"]["values"][0]["value"] == "broken"
    assert event["release"].startswith("errtrack@")
    assert event["tags"]["role"] == "worker"
    assert "hunter2" not in json.dumps(event)


def test_without_a_dsn_nothing_is_loaded() -> None:
    assert run_failing("") == "False"
