"""A web process under attack: it stays small, and takes ordinary events meanwhile."""

from __future__ import annotations

import gzip
import http.client
import json
import resource
import socket
import sys
import threading
import time
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import psutil
import pytest
import zstandard

from errtrack.embedded.postgres import Postgres
from errtrack.webworker import HEADERS_DEADLINE_S
from tests.e2e.apart import Apart, apart

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="reads the peak out of /proc"
    ),
]

MIB = 2**20
MAX_EDGE_BYTES = 200 * MIB
MAX_ANSWER_S = 1.0
# More than the process keeps open at once.
FLOOD = 1800
DUMP_HEAD = (
    b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; '
    b'filename="d"\r\n\r\nMDMP'
)


class Edge:
    """A web process, and a project that it takes events for."""

    def __init__(self, running: Apart, dsn: str) -> None:
        parts = urlsplit(dsn)
        self.port = running.port
        self.target = f"/api{parts.path}/envelope/?sentry_key={parts.username}"
        (worker,) = psutil.Process(running.pid("web")).children()
        self._proc = Path(f"/proc/{worker.pid}")
        # A connection that has been slow since the beginning.
        self.early = socket.create_connection(("127.0.0.1", self.port))
        self.early.sendall(b"GET / HTTP/1.1\r\nX-Slow: a")

    def post(self, body: bytes, endpoint: str = "envelope", **headers: str) -> int:
        """The status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        target = self.target.replace("envelope", endpoint)
        try:
            connection.request("POST", target, body, spelled)
            return connection.getresponse().status
        finally:
            connection.close()

    def post_many(self, count: int, body: bytes, *rest: str, **headers: str) -> Answers:
        """How often each status was answered, all of them posted at once."""
        with ThreadPoolExecutor(count) as threads:
            sent = [
                threads.submit(self.post, body, *rest, **headers) for _ in range(count)
            ]
            return Counter(one.result() for one in sent)

    def head(self, more: bytes = b"") -> bytes:
        line = f"POST {self.target} HTTP/1.1\r\nHost: x\r\n"
        return line.encode() + more

    @contextmanager
    def connected(self, count: int, start: bytes) -> Iterator[list[socket.socket]]:
        """Connections that have sent the start of something."""
        links = []
        try:
            for _ in range(count):
                link = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                links.append(link)
                link.sendall(start)
                link.setblocking(False)
                if len(links) % 50 == 0:
                    # A flood of them, but not all in one moment.
                    time.sleep(0.02)
            yield links
        finally:
            for link in links:
                link.close()

    def peak_bytes(self) -> int:
        """The largest that the process has been."""
        status = (self._proc / "status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024


Answers = Counter[int]


class Visitor:
    """Sends an ordinary event every now and then, each by a connection of its own."""

    def __init__(self, edge: Edge) -> None:
        self.statuses: Counter[int] = Counter()
        self.slowest_s = 0.0
        self._edge = edge
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            began = time.perf_counter()
            self.statuses[self._edge.post(one_event())] += 1
            self.slowest_s = max(self.slowest_s, time.perf_counter() - began)
            if self._is_over.wait(0.02):
                return


def one_event() -> bytes:
    payload = json.dumps({"message": "hello " * 2000}).encode()
    header = b'{"event_id":"%b"}' % uuid.uuid4().hex.encode()
    return b'%b\n{"type":"event"}\n%b\n' % (header, payload)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * FLOOD), hard))
    with apart(tmp_path_factory.mktemp("bounds") / "data") as running:
        first = running.first()
        running.kill(Postgres.name)
        running.environment["ERRTRACK_STREAM_MAX_BYTES"] = str(512 * MIB)
        running.start("web")
        edge = Edge(running, first["dsn"])
        for _ in range(50):
            assert edge.post(one_event()) == 200
        yield edge
        edge.early.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def endure(edge: Edge, attack: Callable[[], object]) -> None:
    """Attacks, and holds the process to its bounds."""
    with Visitor(edge) as visitor:
        attack()
    assert set(visitor.statuses) == {200}
    assert visitor.slowest_s < MAX_ANSWER_S
    assert edge.peak_bytes() < MAX_EDGE_BYTES


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(level=1, wbits=-15)
    return encoder.compress(data) + encoder.flush()


BOMB = b'{}\n{"type":"attachment"}\n' + b"x" * (101 * MIB)
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "deflate": lambda data: zlib.compress(data, 1),
    "DEFLATE": raw_deflate,
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("encoding", ENCODERS)
def test_bombs(edge: Edge, encoding: str) -> None:
    body = ENCODERS[encoding](BOMB)

    def attack() -> None:
        assert edge.post_many(4, body, content_encoding=encoding) == {413: 4}

    endure(edge, attack)


def test_very_many_headers_of_items(edge: Edge) -> None:
    fields = {f"k{n}": 1 for n in range(5000)}
    line = json.dumps({"type": "x", "length": 0, **fields}).encode()
    body = gzip.compress(b"{}\n" + (line + b"\n\n") * 1000, 1)

    def attack() -> None:
        assert set(edge.post_many(4, body, content_encoding="gzip")) <= {413, 503}

    endure(edge, attack)


def test_forms_that_inflate(edge: Edge) -> None:
    body = gzip.compress(DUMP_HEAD + bytes(80 * MIB) + b"\r\n--x--\r\n", 1)

    def attack() -> None:
        headers = {
            "content_type": "multipart/form-data; boundary=x",
            "content_encoding": "gzip",
        }
        assert edge.post_many(4, body, "minidump", **headers) == {200: 4}

    endure(edge, attack)


def test_events_of_very_many_keys_and_levels(edge: Edge) -> None:
    keys = b"{" + b",".join(b'"%x":1' % n for n in range(90_000)) + b',"x":NaN}'

    def attack() -> None:
        assert edge.post_many(4, keys, "store") == {200: 4}
        assert edge.post_many(4, b'{"a":' * 180_000, "store") == {400: 4}

    endure(edge, attack)


def test_large_bodies_at_once(edge: Edge) -> None:
    payload = bytes(18 * MIB)
    header = b'{}\n{"type":"attachment","length":%d}\n' % len(payload)

    def attack() -> None:
        answers = edge.post_many(8, header + payload)
        assert set(answers) <= {200, 503}
        assert answers[200] > 0

    endure(edge, attack)


def test_bodies_that_are_begun_and_not_ended(edge: Edge) -> None:
    start = edge.head(b"Content-Length: 250000\r\n\r\n") + b"x" * 200_000

    def attack() -> None:
        with edge.connected(300, start):
            time.sleep(2)

    endure(edge, attack)


def test_a_gigabyte_that_is_only_said(edge: Edge) -> None:
    start = edge.head(b"Content-Length: 1073741824\r\n\r\n")

    def attack() -> None:
        with edge.connected(500, start) as links:
            time.sleep(1)
            assert links[0].recv(12) == b"HTTP/1.1 413"

    endure(edge, attack)


def test_headers_have_their_time(edge: Edge) -> None:
    edge.early.settimeout(HEADERS_DEADLINE_S + 5)
    assert edge.early.recv(12) == b"HTTP/1.1 408"


STARTS = {
    "nothing": b"",
    "headers that drip": b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: a",
    "bodies that drip": b"Content-Length: 1000\r\n\r\nabc",
    "idle": b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("kind", STARTS)
def test_connection_floods(edge: Edge, kind: str) -> None:
    start = STARTS[kind]
    if start.startswith(b"Content"):
        start = edge.head(start)

    def attack() -> None:
        with edge.connected(FLOOD if kind != "idle" else 500, start) as links:
            for _ in range(5):
                time.sleep(0.2)
                for link in links[-100:]:
                    drip(link)

    endure(edge, attack)


def drip(link: socket.socket) -> None:
    # It may have had to make room.
    with suppress(OSError):
        link.send(b"x")


def test_headers_that_are_too_much(edge: Edge) -> None:
    fat = b"".join(b"X-%d: %b\r\n" % (n, b"a" * 8000) for n in range(30))

    def attack() -> None:
        with edge.connected(300, edge.head(fat)) as links:
            time.sleep(1)
            for link in links:
                assert link.recv(12) == b"HTTP/1.1 431"

    endure(edge, attack)
    many = b"".join(b"X-%d: a\r\n" % n for n in range(200))
    with edge.connected(1, edge.head(many + b"\r\n")) as (link,):
        time.sleep(0.5)
        answer = link.recv(4096)
    assert answer.startswith(b"HTTP/1.1 431")
    assert b"access-control-allow-origin: *" in answer.lower()
