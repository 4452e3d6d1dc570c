"""The project keys that an edge process knows, and how it learns of others.

Process memory, fresh for two seconds → the mirror in Valkey → PostgreSQL, in a thread.
What cannot be asked for is answered from memory, however old, or from the disk. A
request for a known key waits only briefly for news of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import django.db
import msgspec

from ingest.keyfiles import KeyFiles
from ingest.valkey import Valkey, ValkeyError
from projects import keys
from projects.keys import KeyInfo

FRESH_S = 2.0
# Longer than a mirror that answers takes.
PATIENCE_S = 0.25
# PostgreSQL is asked no sooner again for a key that it did not know, and for one of
# which the mirror cannot tell; what changed in the meantime is seen in the mirror.
ASK_AGAIN_S = 30.0
MAX_REMEMBERED = 10_000
LOOKUPS_AT_ONCE = 2
MAX_WAITING_LOOKUPS = 100
LOOKUP_DEADLINE_S = 5.0


class KeysUnavailable(Exception):
    """Nothing is known of the key, and nobody can be asked now."""


class _Memory(NamedTuple):
    info: KeyInfo | None
    fresh_until: float
    asked_at: float


class Keyring:
    """Keys by their public half; `load` is how PostgreSQL is asked.

    In `folder` the keys are kept for when nobody can be asked.
    """

    def __init__(
        self,
        valkey: Valkey,
        folder: Path,
        load: Callable[[str], KeyInfo | None] = keys.load_key,
    ) -> None:
        self._valkey = valkey
        self._files = KeyFiles(folder)
        self._load = load
        # Apart, so that a flood of unknown keys drives out no known one.
        self._known: OrderedDict[str, _Memory] = OrderedDict()
        self._unknown: OrderedDict[str, _Memory] = OrderedDict()
        self._asking: dict[str, asyncio.Task[KeyInfo | None]] = {}
        self._lookups = 0
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, "keys")

    async def find(self, public_key: str) -> KeyInfo | None:
        """The key, also a disabled one, or None. Raises KeysUnavailable."""
        memory = self._remembered(public_key)
        if memory is not None and memory.fresh_until > time.monotonic():
            return memory.info
        asking = self._asking.get(public_key)
        if asking is None:
            asking = asyncio.create_task(self._ask(public_key, memory))
            self._asking[public_key] = asking
            asking.add_done_callback(lambda _: self._asking.pop(public_key, None))
        if memory is not None:
            patience_s = 0 if self._valkey.is_away else PATIENCE_S
            done, _ = await asyncio.wait({asking}, timeout=patience_s)
            if not done:
                return memory.info
        return await asyncio.shield(asking)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _remembered(self, public_key: str) -> _Memory | None:
        return self._known.get(public_key) or self._unknown.get(public_key)

    def _remember(
        self, public_key: str, info: KeyInfo | None, asked_at: float
    ) -> KeyInfo | None:
        memories = self._unknown if info is None else self._known
        others = self._known if info is None else self._unknown
        others.pop(public_key, None)
        memory = _Memory(info, time.monotonic() + FRESH_S, asked_at)
        memories[public_key] = memory
        memories.move_to_end(public_key)
        if len(memories) > MAX_REMEMBERED:
            memories.popitem(last=False)
        return info

    async def _ask(self, public_key: str, memory: _Memory | None) -> KeyInfo | None:
        """Asks for news; raises KeysUnavailable only without any memory."""
        now = time.monotonic()
        try:
            mirrored = await self._valkey.call("GET", keys.mirror_name(public_key))
            if mirrored is not None:
                info = keys.decode_mirror(mirrored)
                if memory is None or info != memory.info:
                    self._threads.submit(self._files.note, public_key, info)
                return self._remember(public_key, info, now)
        except ValkeyError:
            if memory is not None and now < memory.asked_at + ASK_AGAIN_S:
                return self._remember(public_key, memory.info, memory.asked_at)
        except msgspec.DecodeError:
            # Written by another version: as good as not there.
            pass
        if memory is not None and _is_unknown(memory, now):
            return self._remember(public_key, None, memory.asked_at)
        try:
            info = await self._look_up(public_key)
        except (django.db.Error, TimeoutError, KeysUnavailable) as error:
            return await self._make_do(public_key, memory, error)
        self._mirror(public_key, info)
        return self._remember(public_key, info, now)

    async def _make_do(
        self, public_key: str, memory: _Memory | None, error: Exception
    ) -> KeyInfo | None:
        """What is known without anybody's help. Raises KeysUnavailable."""
        if memory is not None:
            return self._remember(public_key, memory.info, memory.asked_at)
        loop = asyncio.get_running_loop()
        info = await loop.run_in_executor(None, self._files.read, public_key)
        if info is None:
            raise KeysUnavailable("project keys cannot be looked up") from error
        return self._remember(public_key, info, asked_at=-ASK_AGAIN_S)

    async def _look_up(self, public_key: str) -> KeyInfo | None:
        if self._lookups >= MAX_WAITING_LOOKUPS:
            raise KeysUnavailable("too many unknown project keys at once")
        self._lookups += 1
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LOOKUP_DEADLINE_S):
                return await loop.run_in_executor(
                    self._threads, self._in_thread, public_key
                )
        finally:
            self._lookups -= 1

    def _in_thread(self, public_key: str) -> KeyInfo | None:
        try:
            info = self._load(public_key)
        finally:
            # Lookups are rare: a connection held between them would cost
            # PostgreSQL a process, and outlive its restart.
            django.db.connections.close_all()
        self._files.note(public_key, info)
        return info

    def _mirror(self, public_key: str, info: KeyInfo | None) -> None:
        """Fills the mirror, unless somebody who knows better has just done so."""
        if info is None:
            return
        value = keys.encode_mirror(info)
        name = keys.mirror_name(public_key)
        try:
            self._valkey.tell("SET", name, value, "NX", "EX", keys.MIRROR_S)
        except ValkeyError:
            return


def _is_unknown(memory: _Memory, now: float) -> bool:
    """PostgreSQL did not know the key, and was asked just now."""
    return memory.info is None and now < memory.asked_at + ASK_AGAIN_S
