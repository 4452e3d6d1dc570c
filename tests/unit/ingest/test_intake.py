"""Bodies under way, each and all of them together within a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

import pytest

from ingest import intake
from ingest.body import BodyError
from ingest.intake import Intake

KIB, MIB = 2**10, 2**20


class Sender:
    """A client: what it has sent is received, more is waited for."""

    def __init__(self, *pieces: bytes, ends: bool = False) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for piece in pieces[: len(pieces) - ends]:
            self.send(piece)
        if ends:
            self.send(pieces[-1], is_last=True)

    def send(self, piece: bytes, *, is_last: bool = False) -> None:
        message = {"type": "http.request", "body": piece, "more_body": not is_last}
        self._messages.put_nowait(message)

    def receive(self) -> Awaitable[dict[str, Any]]:
        return self._messages.get()


Sending = asyncio.Task[tuple[bytes, int]]


def sending(taken: Intake, sender: Sender) -> Sending:
    return asyncio.create_task(taken.receive(sender.receive, {}))


async def settle() -> None:
    """Lets every task go on as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def refusal(task: Sending) -> int:
    with pytest.raises(BodyError) as caught:
        await task
    return caught.value.status


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def test_a_body_comes_in_pieces() -> None:
    async def main() -> None:
        body, held = await Intake(10).receive(
            Sender(b"ab", b"c", ends=True).receive, {}
        )
        assert (body, held) == (b"abc", 3)

    run(main())


@pytest.mark.parametrize("pieces", [(b"x" * 11,), (b"x" * 6, b"x" * 5)])
def test_a_body_that_turns_out_too_large_is_refused(pieces: tuple[bytes, ...]) -> None:
    async def main() -> None:
        task = sending(Intake(10), Sender(*pieces, ends=True))
        assert await refusal(task) == 413

    run(main())


def test_large_bodies_leave_room_for_small_ones() -> None:
    async def main() -> None:
        taken = Intake(40 * MIB)
        large = [sending(taken, Sender(*[b"x" * MIB] * 25)) for _ in range(2)]
        await settle()
        assert await refusal(large[1]) == 503
        small = Sender(b"x" * 60 * KIB, b"x", ends=True)
        assert (await sending(taken, small))[1] == 60 * KIB + 1
        large[0].cancel()

    run(main())


def test_what_is_given_back_is_free_again() -> None:
    async def main() -> None:
        taken = Intake(40 * MIB)
        for _ in range(5):
            sender = Sender(*[b"x" * MIB] * 20, ends=True)
            taken.release((await sending(taken, sender))[1])
        broken = sending(taken, Sender(*[b"x" * MIB] * 20))
        await settle()
        broken.cancel()
        await settle()
        sender = Sender(*[b"x" * MIB] * 20, ends=True)
        assert len((await sending(taken, sender))[0]) == 20 * MIB

    run(main())


def test_slow_bodies_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        taken = Intake(40 * MIB)
        slow = [sending(taken, Sender(b"x" * 250 * KIB)) for _ in range(100)]
        await asyncio.sleep(0.02)
        # They came at once, and then no more; by now that is slow.
        monkeypatch.setattr(intake, "SLOW_AFTER_S", 0.01)
        monkeypatch.setattr(intake, "SLOW_BYTES_PER_S", 10**9)
        quick = Sender(*[b"x" * 250 * KIB] * 20, ends=True)
        assert len((await sending(taken, quick))[0]) == 5000 * KIB
        await settle()
        ended = [task for task in slow if task.done()]
        # No more of them than were in the way, the oldest first.
        assert ended == slow[: len(ended)]
        assert 0 < len(ended) < 60
        assert {await refusal(task) for task in ended} <= {408, 503}
        for task in slow:
            task.cancel()

    run(main())


def test_a_body_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        assert await refusal(sending(Intake(10), Sender(b"x"))) == 408

    monkeypatch.setattr(intake, "BODY_DEADLINE_S", 0.01)
    run(main())
