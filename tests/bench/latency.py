"""How long one waits: for a lone event to be stored, and for the list of issues."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from statistics import quantiles
from urllib.parse import urlencode

from tests.bench.events import Sent
from tests.bench.load import Target
from tests.bench.probes import Store

_TIMEOUT_S = 10.0
_POLL_S = 0.001
_IS_STORED = """
SELECT count(*) FROM issues_event WHERE project_id = %s AND event_id = %s::uuid
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of a series, in milliseconds."""

    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, series_s: Sequence[float]) -> Waiting:
        cuts = quantiles(series_s, n=20, method="inclusive")
        return cls(round(1000 * cuts[9], 2), round(1000 * cuts[18], 2))


def lone_events(target: Target, events: list[Sent], store: Store) -> Waiting:
    """From the first byte of a lone event to its row in PostgreSQL."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=10)
    connection.connect()
    waited = []
    for event in events:
        started = time.perf_counter()
        connection.sock.sendall(target.request(event))
        answer = http.client.HTTPResponse(connection.sock)
        answer.begin()
        assert answer.status == http.client.OK
        answer.read()
        _wait_until_stored(store, target, event)
        waited.append(time.perf_counter() - started)
        store.wait_until_digested()
    connection.close()
    return Waiting.of(waited)


def _wait_until_stored(store: Store, target: Target, event: Sent) -> None:
    deadline = time.perf_counter() + _TIMEOUT_S
    while not store.number(_IS_STORED, target.project_id, event.event_id):
        assert time.perf_counter() < deadline, "an accepted event was not stored"
        time.sleep(_POLL_S)


class Visitor:
    """Somebody signed in, on one keep-alive connection."""

    def __init__(self, target: Target, email: str, password: str) -> None:
        self._connection = http.client.HTTPConnection(
            target.host, target.port, timeout=_TIMEOUT_S
        )
        self._cookies: SimpleCookie = SimpleCookie()
        page = self.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, page
        form = {
            "login": email,
            "password": password,
            "csrfmiddlewaretoken": token.group(1),
        }
        status, _ = self._request("POST", "/accounts/login/", urlencode(form))
        assert status == http.client.FOUND, f"signing in was answered {status}"

    def get(self, path: str) -> str:
        status, body = self._request("GET", path)
        assert status == http.client.OK, f"{path} was answered {status}"
        return body

    def time(self, path: str, *, count: int) -> Waiting:
        """How long the page takes, from the request to the last byte."""
        self.get(path)
        waited = []
        for _ in range(count):
            started = time.perf_counter()
            self.get(path)
            waited.append(time.perf_counter() - started)
        return Waiting.of(waited)

    def close(self) -> None:
        self._connection.close()

    def _request(self, method: str, path: str, form: str = "") -> tuple[int, str]:
        headers = {
            "Cookie": "; ".join(
                f"{name}={cookie.value}" for name, cookie in self._cookies.items()
            ),
        }
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, form or None, headers)
        answer = self._connection.getresponse()
        body = answer.read().decode()
        for header in answer.headers.get_all("Set-Cookie", []):
            self._cookies.load(header)
        return answer.status, body
