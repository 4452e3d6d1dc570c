"""Streams of server-sent events to the pages that somebody looks at.

A stream says only that something has changed, and within how many milliseconds to ask
for it. It holds neither a thread nor a connection to PostgreSQL: one task of each
process hears Valkey's announcements for all of its streams.

Redis key:
    errtrack:watchers   hash, an id of each process with streams → "how many, when told
                        (Unix time)"; SIGN_MAX_S after the last of them told
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ingest.answers import Answer, Header, Send
from projects import news, valkey
from projects.news import Ticket

PATH = "/live/"
WATCHERS = "errtrack:watchers"

MAX_WATCHERS = min(500, settings.WEB_CONNECTIONS // 3)
MAX_OF_USER = 10

# Proxies cut what is silent for longer, and a dead client is found by writing to it.
BEAT_S = 20.0
# So often a stream tells at most.
PAUSE_S = 0.5
SIGN_MAX_S = 60
_LONGEST_RETRY_S = 5.0
# Each page that is told asks: so far apart on average, and none later than it would.
_ASK_EVERY_MS = 40
_ASK_WITHIN_MS = 10_000

_NO_STORE: Header = (b"cache-control", b"no-store")
_HEADERS: list[Header] = [
    (b"content-type", b"text/event-stream"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    _NO_STORE,
]
_BEAT = b":\n\n"

_log = logging.getLogger(__name__)


class _Watcher:
    """One stream."""

    __slots__ = ("has_ended", "is_called", "ticket")

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.has_ended = False
        self.is_called = asyncio.Event()


class Watchers:
    """The ASGI callable for `PATH`; it serves one event loop."""

    def __init__(self, limit: int = MAX_WATCHERS) -> None:
        self._limit = limit
        self._all: set[_Watcher] = set()
        self._of_project: defaultdict[int, set[_Watcher]] = defaultdict(set)
        self._of_user: Counter[int] = Counter()
        self._hearing: asyncio.Task[None] | None = None
        self._id = uuid.uuid4().hex

    async def __call__(self, scope: dict[str, Any], send: Send) -> None:
        judged = self._judge(scope)
        if isinstance(judged, Answer):
            await judged.send(send, is_head=scope["method"] == "HEAD")
            return
        watcher = _Watcher(judged)
        self._add(watcher)
        try:
            await self._serve(watcher, send)
        finally:
            self._remove(watcher)

    def tell(self, project_ids: Iterable[int]) -> None:
        """Calls those who look at any of these projects."""
        for project_id in project_ids:
            for watcher in self._of_project.get(project_id, ()):
                watcher.is_called.set()

    def end(self) -> None:
        """Ends every stream: a server that stops would wait for them."""
        if self._hearing is not None:
            self._hearing.cancel()
        for watcher in self._all:
            watcher.has_ended = True
            watcher.is_called.set()

    async def close(self) -> None:
        """Ends them, and lets the connection to Valkey go."""
        self.end()
        if self._hearing is not None:
            await asyncio.wait([self._hearing])

    def _judge(self, scope: dict[str, Any]) -> Ticket | Answer:
        """The ticket for a stream, or why there is none."""
        if scope["method"] != "GET":
            return _refusal(405, b"expected GET", (b"allow", b"GET"))
        query = parse_qs(scope["query_string"].decode("latin-1"))
        ticket = news.read_ticket(query.get("ticket", [""])[0])
        if ticket is None:
            return _refusal(403, b"expected a ticket that holds")
        if self._of_user[ticket.user_id] >= MAX_OF_USER:
            return _refusal(429, b"too many streams of one user")
        if len(self._all) >= self._limit:
            return _refusal(503, b"too many streams")
        return ticket

    def _add(self, watcher: _Watcher) -> None:
        self._all.add(watcher)
        self._of_user[watcher.ticket.user_id] += 1
        for project_id in watcher.ticket.project_ids:
            self._of_project[project_id].add(watcher)
        if self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._hear())

    def _remove(self, watcher: _Watcher) -> None:
        self._all.discard(watcher)
        self._of_user[watcher.ticket.user_id] -= 1
        self._of_user += Counter()
        for project_id in watcher.ticket.project_ids:
            those = self._of_project[project_id]
            those.discard(watcher)
            if not those:
                del self._of_project[project_id]

    async def _serve(self, watcher: _Watcher, send: Send) -> None:
        """Until the ticket is over, the server stops, or the client has gone: then the
        server cancels it."""
        start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
        await send(start)
        said = b"retry: %d\n\n" % _ASK_WITHIN_MS
        while not (watcher.has_ended or watcher.ticket.is_over):
            await send(_piece(said))
            said = await self._next(watcher)
        await send({"type": "http.response.body", "body": b""})

    async def _next(self, watcher: _Watcher) -> bytes:
        """What is said next, when it is time for it."""
        left_s = max(0.0, watcher.ticket.until - time.time())
        try:
            async with asyncio.timeout(min(BEAT_S, left_s)):
                await watcher.is_called.wait()
        except TimeoutError:
            return _BEAT
        watcher.is_called.clear()
        within_ms = min(_ASK_EVERY_MS * len(self._all), _ASK_WITHIN_MS)
        return b"data: %d\n\n" % within_ms

    async def _hear(self) -> None:
        """Hears what is announced, as long as there is anybody to tell it."""
        pause_s = 0.0
        while self._all:
            try:
                async with _listening() as heard:
                    if pause_s:
                        # Something may have been missed.
                        self.tell(list(self._of_project))
                        pause_s = 0.0
                    await self._pass_on(heard)
            except (redis.RedisError, OSError) as error:
                if not pause_s:
                    _log.warning("pages are not told of changes: %s", error)
                pause_s = min(max(PAUSE_S, 2 * pause_s), _LONGEST_RETRY_S)
                await asyncio.sleep(pause_s)

    async def _pass_on(self, heard: PubSub) -> None:
        signed_at = 0.0
        while self._all:
            if time.monotonic() - signed_at > BEAT_S / 2:
                signed_at = time.monotonic()
                await asyncio.to_thread(_sign, self._id, len(self._all))
            if changed := await _announced(heard):
                self.tell(changed)
                # What comes meanwhile is told of together.
                await asyncio.sleep(PAUSE_S)
        await asyncio.to_thread(_sign, self._id, 0)


watchers = Watchers()


def count() -> int:
    """How many streams there are, of all processes. Raises redis.RedisError."""
    told: Any = valkey.blocking().hgetall(WATCHERS)
    since = time.time() - SIGN_MAX_S
    signs = [sign.split() for sign in told.values()]
    return sum(int(number) for number, at in signs if float(at) > since)


def _sign(process: str, number: int) -> None:
    pipe = valkey.blocking().pipeline(transaction=False)
    pipe.hset(WATCHERS, process, f"{number} {time.time():.0f}")
    pipe.expire(WATCHERS, SIGN_MAX_S)
    pipe.execute()


@contextlib.asynccontextmanager
async def _listening() -> AsyncIterator[PubSub]:
    """Listens by a connection of its own, which is not mended unseen."""
    client = redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=_LONGEST_RETRY_S,
    )
    async with client, client.pubsub(ignore_subscribe_messages=True) as heard:
        await heard.subscribe(news.CHANNEL)
        yield heard


async def _announced(heard: PubSub) -> set[int]:
    """The projects that changed; waits for the first of them, but not forever."""
    changed: set[int] = set()
    message = await heard.get_message(timeout=BEAT_S / 2)
    while message is not None:
        changed.update(news.projects_in(message["data"]))
        message = await heard.get_message(timeout=0.0)
    return changed


def _piece(said: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": said, "more_body": True}


def _refusal(status: int, text: bytes, *more: Header) -> Answer:
    length = (b"content-length", b"%d" % len(text))
    kind = (b"content-type", b"text/plain")
    return Answer(status, [kind, length, _NO_STORE, *more], text)
