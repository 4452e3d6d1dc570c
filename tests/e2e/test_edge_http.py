"""The edge behind gunicorn, while PostgreSQL is away all the time."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from errtrack.embedded.postgres import Postgres
from errtrack.embedded.valkey import Valkey
from tests.e2e.apart import Apart, apart
from tests.e2e.service import wait_for

STREAM = "errtrack:stream:0"


class Door:
    """A web process, the servers behind it, and the address of a project."""

    def __init__(self, running: Apart, dsn: str) -> None:
        self.running = running
        parts = urlsplit(dsn)
        self.target = f"/api{parts.path}/envelope/?sentry_key={parts.username}"
        self.valkey = redis.Redis.from_url(running.environment["REDIS_URL"])

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=30)

    def post(self, body: Any, target: str = "", **headers: str) -> tuple[int, Any]:
        connection = self.connect()
        try:
            return exchange(connection, target or self.target, body, headers)
        finally:
            connection.close()

    def raw(self, *pieces: bytes) -> bytes:
        """What comes back until the connection ends or answers."""
        address = ("127.0.0.1", self.running.port)
        with socket.create_connection(address, timeout=30) as link:
            for piece in pieces:
                link.sendall(piece)
            return link.recv(65536)


def exchange(
    connection: http.client.HTTPConnection,
    target: str,
    body: Any,
    headers: dict[str, str],
) -> tuple[int, Any]:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", target, body, spelled)
    response = connection.getresponse()
    assert response.headers["access-control-allow-origin"] == "*"
    return response.status, json.loads(response.read())


def one_event() -> tuple[str, bytes]:
    event_id = uuid.uuid4().hex
    payload = json.dumps({"event_id": event_id, "message": "hello " * 400})
    header = json.dumps({"event_id": event_id})
    return event_id, f'{header}\n{{"type":"event"}}\n{payload}\n'.encode()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with apart(tmp_path_factory.mktemp("edge") / "data") as running:
        first = running.first()
        running.kill(Postgres.name)
        running.start("web")
        yield Door(running, first["dsn"])


def test_events_are_accepted_without_postgresql(door: Door) -> None:
    event_id, body = one_event()
    assert door.post(body) == (200, {"id": event_id})
    zipped = gzip.compress(body)
    assert door.post(zipped, content_encoding="gzip") == (200, {"id": event_id})
    assert door.valkey.xlen(STREAM) >= 2


def test_a_chunked_body_needs_no_length(door: Door) -> None:
    event_id, body = one_event()
    pieces = iter([body[:10], body[10:1000], body[1000:]])
    assert door.post(pieces) == (200, {"id": event_id})


def test_a_missing_slash_is_no_redirect(door: Door) -> None:
    event_id, body = one_event()
    target = door.target.replace("/envelope/?", "/envelope?")
    assert door.post(body, target) == (200, {"id": event_id})


def test_a_connection_survives_refusals(door: Door) -> None:
    connection = door.connect()
    for _ in range(3):
        event_id, body = one_event()
        answer = exchange(connection, door.target, body, {})
        assert answer == (200, {"id": event_id})
        assert exchange(connection, door.target, b"junk", {})[0] == 400
        assert exchange(connection, "/api/1/nothing/", b"junk", {})[0] == 404
        answer = exchange(connection, door.target, b"junk", {"content-encoding": "x"})
        assert answer[0] == 400
    connection.close()


def test_a_client_may_wait_to_be_asked_for_the_body(door: Door) -> None:
    event_id, body = one_event()
    head = (
        f"POST {door.target} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    address = ("127.0.0.1", door.running.port)
    with socket.create_connection(address, timeout=30) as link:
        link.sendall(head)
        assert link.recv(100).startswith(b"HTTP/1.1 100")
        link.sendall(body)
        assert event_id.encode() in link.recv(65536)


def test_a_gigabyte_that_is_only_said_is_refused_at_once(door: Door) -> None:
    answer = door.raw(
        f"POST {door.target} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Length: {2**30}\r\n\r\nabc".encode()
    )
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"access-control-allow-origin: *" in answer.lower()


def test_a_lost_sender_does_no_harm(door: Door) -> None:
    head = f"POST {door.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"
    for _ in range(20):
        address = ("127.0.0.1", door.running.port)
        with socket.create_connection(address, timeout=30) as link:
            link.sendall(head.encode() + b"{}")
    assert door.post(one_event()[1])[0] == 200


def test_odd_addresses_are_no_errors_of_ours(door: Door) -> None:
    for target in (b"/api/1/\xff\xfe", b"/health/live?x=\xff%ff", b"/%ff%00?\xc3\xa4"):
        answer = door.raw(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 ")
        assert not answer.startswith(b"HTTP/1.1 5"), target


@pytest.mark.parametrize(
    ("status", "request_bytes"),
    [
        (400, b"nonsense\r\n\r\n"),
        (400, b"GET / HTTP/1.1\nHost: x\n\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
        (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    ],
)
def test_the_servers_own_refusals_are_as_readable(
    door: Door, status: int, request_bytes: bytes
) -> None:
    head, _, body = door.raw(request_bytes).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"access-control-allow-origin: *" in head.lower()
    assert json.loads(body)["detail"]


def test_special_endpoints_answer_as_the_protocol_says(door: Door) -> None:
    key = door.target.partition("sentry_key=")[2]
    path = door.target.partition("/envelope/")[0]
    connection = door.connect()
    report = json.dumps({"csp-report": {"effective-directive": "img-src"}})
    for method, target, body, status in (
        ("POST", f"/{path}//security?sentry_key={key}", report, 200),
        ("GET", f"{path}/cron/nightly/{key}?status=ok", None, 202),
        ("POST", f"{path}/minidump?sentry_key={key}", b"MDMP" + bytes(40), 200),
        ("POST", f"{path}/minidump?sentry_key={key}", b"no dump", 400),
        ("POST", f"{path}/nel/?sentry_key={key}", b"<xml/>", 415),
        ("POST", f"{path}/otlp/v1/traces?sentry_key={key}", b"{}", 202),
    ):
        media_type = "text/xml" if status == 415 else "application/json"
        connection.request(method, target, body, {"Content-Type": media_type})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, target
        assert answer.headers["access-control-allow-origin"] == "*"
    connection.close()


def test_pages_are_still_served(door: Door) -> None:
    assert door.running.is_serving()


def test_slow_senders_to_pages_hold_no_thread(door: Door) -> None:
    # The page looks into the form for a token that fits the cookie.
    start = (
        b"POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n\r\na="
    )
    address = ("127.0.0.1", door.running.port)
    with ExitStack() as links:
        for _ in range(8):
            link = links.enter_context(socket.create_connection(address))
            link.sendall(start)
        assert door.running.is_serving()


def test_pages_take_bodies_in_chunks(door: Door) -> None:
    answer = door.raw(
        b"POST /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        b"3\r\na=b\r\n0\r\n\r\n"
    )
    # Without the token of a form of ours it is refused, by the page.
    assert answer.startswith(b"HTTP/1.1 403")


def test_what_was_accepted_outlives_valkey_and_the_edge_comes_back(door: Door) -> None:
    accepted = {door.post(one_event()[1])[1]["id"] for _ in range(20)}
    door.running.kill(Valkey.name)
    accepted |= {door.post(one_event()[1])[1]["id"] for _ in range(5)}
    door.running.start(Valkey.name)
    wait_for(lambda: accepted <= waiting(door), 20)


def waiting(door: Door) -> set[str]:
    """The ids of the events in the stream."""
    entries: Any = door.valkey.xrange(STREAM)
    return {json.loads(fields[b"head"])["event_id"] for _, fields in entries}
