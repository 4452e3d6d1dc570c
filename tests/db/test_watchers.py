"""Pages that are looked at are told of changes, and of nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
from django.core import signing
from django.db import connection, transaction

from errtrack import watchers as module
from errtrack.watchers import MAX_OF_USER, PATH, Watchers
from ingest import digest
from issues.merging import changes
from projects import news, valkey
from projects.models import Project
from projects.news import announce, ticket_for
from tests import settling
from tests.appending import append
from tests.factories import make_entry, make_issue, make_project

DEADLINE_S = 10.0
# Longer than news take, if there are any.
QUIET_S = 0.3
USER = 7


class Stream:
    """One stream, as its client reads it."""

    def __init__(self, watchers: Watchers, ticket: str, method: str = "GET") -> None:
        scope = {"method": method, "query_string": f"ticket={ticket}".encode()}
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.create_task(watchers({"path": PATH, **scope}, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        self._sent.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            return await self._sent.get()

    async def status(self) -> int:
        return int((await self.next())["status"])

    async def said(self) -> bytes:
        return bytes((await self.next())["body"])

    async def opened(self) -> Stream:
        assert await self.status() == 200
        assert await self.said() == b"retry: 10000\n\n"
        return self

    async def is_quiet(self) -> bool:
        await asyncio.sleep(QUIET_S)
        return self._sent.empty()


Work = Callable[[Watchers], Awaitable[None]]


def run(work: Work, limit: int = 100) -> None:
    """Does the work in an event loop, beside streams that end with it."""

    async def main() -> None:
        watchers = Watchers(limit)
        try:
            await work(watchers)
        finally:
            await watchers.close()

    asyncio.run(main())


async def watching(watchers: Watchers, *project_ids: int) -> Stream:
    """A stream that hears of the projects by now."""
    stream = await Stream(watchers, ticket_for(USER, project_ids)).opened()
    listeners: Any = 0
    while not listeners:
        await asyncio.sleep(0.01)
        ((_, listeners),) = valkey.blocking().pubsub_numsub(news.CHANNEL)
    return stream


def hears(change: Callable[[], object], project: Project) -> bool:
    """Whether who looks at the project is told of the change."""
    heard = False

    def make_change() -> None:
        change()
        # It is this thread's own.
        connection.close()

    async def work(watchers: Watchers) -> None:
        nonlocal heard
        stream = await watching(watchers, project.pk)
        await asyncio.to_thread(make_change)
        heard = not await stream.is_quiet()

    run(work)
    return heard


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def test_a_stored_event_is_told(project: Project) -> None:
    append(make_entry(project))
    assert hears(lambda: digest.drain(0), project)


def test_an_event_of_another_project_is_not_told(project: Project) -> None:
    append(make_entry(make_project("other")))
    assert not hears(lambda: digest.drain(0), project)


def test_what_is_no_event_is_not_told(project: Project) -> None:
    append(make_entry(project, body=b"{}\n{}\n"))
    assert not hears(lambda: digest.drain(0), project)


def test_what_people_resolve_is_told(project: Project) -> None:
    issue = make_issue(project)
    assert hears(lambda: settling.resolve([issue.pk], user=None), project)


def test_what_people_merge_is_told(project: Project) -> None:
    ids = [make_issue(project, message=text, exception=None).pk for text in "ab"]
    assert hears(lambda: changes.merge(project, ids, user=None), project)


def test_what_is_rolled_back_is_not_told(project: Project) -> None:
    issue = make_issue(project)

    def give_up() -> None:
        with transaction.atomic():
            settling.resolve([issue.pk], user=None)
            transaction.set_rollback(True)

    assert not hears(give_up, project)


def test_a_burst_is_told_once(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        stream = await watching(watchers, 1)
        pipe = valkey.blocking().pipeline()
        for _ in range(1000):
            pipe.publish(news.CHANNEL, "1 2")
        pipe.execute()
        assert await stream.said() == b"data: 40\n\n"
        # What came after the first was told of is told of together.
        await asyncio.sleep(2 * module.PAUSE_S)
        told = 0
        while not await stream.is_quiet():
            assert await stream.said() == b"data: 40\n\n"
            told += 1
        assert told <= 1

    run(work)


def test_many_pages_ask_one_after_the_other(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        tickets = [ticket_for(user, [1]) for user in range(300)]
        streams = [await Stream(watchers, one).opened() for one in tickets]
        watchers.tell([1])
        assert {await one.said() for one in streams} == {b"data: 10000\n\n"}

    run(work, limit=300)


def test_a_quiet_stream_beats(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_S", 0.05)

    async def work(watchers: Watchers) -> None:
        stream = await watching(watchers, 1)
        assert [await stream.said() for _ in range(2)] == [b":\n\n"] * 2

    run(work)


def test_a_stream_ends_with_its_ticket(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "TICKET_S", 2)

    async def work(watchers: Watchers) -> None:
        stream = await Stream(watchers, ticket_for(USER, [1])).opened()
        last = await stream.next()
        assert (last["body"], last.get("more_body")) == (b"", None)
        await stream.task

    run(work)


def test_streams_end_at_once_when_the_server_stops(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        streams = [await watching(watchers, 1) for _ in range(3)]
        began = time.monotonic()
        watchers.end()
        await asyncio.gather(*(one.task for one in streams))
        assert time.monotonic() - began < 0.5

    run(work)


def test_streams_outlive_valkeys_connection(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: redis.Redis = valkey.blocking()

    async def work(watchers: Watchers) -> None:
        stream = await watching(watchers, 1)
        client.client_kill_filter(_type="pubsub")
        # What was missed meanwhile is asked for.
        assert await stream.said() == b"data: 40\n\n"
        await asyncio.to_thread(announce, [1])
        assert await stream.said() == b"data: 40\n\n"

    run(work)


@pytest.mark.parametrize("change", ["signature", "salt", "age"])
def test_a_ticket_that_is_not_ours_opens_nothing(
    change: str, committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if change == "age":
        monkeypatch.setattr(news, "TICKET_S", -1)
    ticket = ticket_for(USER, [1])
    if change == "signature":
        ticket = ticket[:-1] + ("a" if ticket[-1] != "a" else "b")
    if change == "salt":
        told = [time.time() + 60, USER, [1]]
        ticket = signing.Signer(salt="another").sign_object(told)

    async def work(watchers: Watchers) -> None:
        assert await Stream(watchers, ticket).status() == 403

    run(work)


def test_streams_are_only_read(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        assert await Stream(watchers, ticket_for(USER, [1]), "POST").status() == 405

    run(work)


def test_a_user_has_so_many_streams(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        ticket = ticket_for(USER, [1])
        streams = [await Stream(watchers, ticket).opened() for _ in range(MAX_OF_USER)]
        assert await Stream(watchers, ticket).status() == 429
        streams[0].task.cancel()
        await asyncio.sleep(0)
        await Stream(watchers, ticket).opened()

    run(work)


def test_a_process_has_so_many_streams(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        for user in range(2):
            await Stream(watchers, ticket_for(user, [1])).opened()
        assert await Stream(watchers, ticket_for(3, [1])).status() == 503

    run(work, limit=2)


def test_streams_are_counted_of_all_processes(committed_db: None) -> None:
    async def work(watchers: Watchers) -> None:
        await watching(watchers, 1)
        other = Watchers()
        await watching(other, 1)
        async with asyncio.timeout(DEADLINE_S):
            while await asyncio.to_thread(module.count) < 2:
                await asyncio.sleep(0.01)
        await other.close()

    run(work)


def test_a_ticket_of_very_many_projects_is_none() -> None:
    assert ticket_for(USER, range(news.MAX_PROJECTS + 1)) == ""
    assert len(ticket_for(USER, range(10**6, 10**6 + news.MAX_PROJECTS))) < 4000
