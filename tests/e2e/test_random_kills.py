"""Any process is killed at any moment, again and again, under load that never ends.

What has an id is sent until it is accepted; what has none, once: nobody can tell it
from what was sent before. Each 200 must count once, whatever died meanwhile.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.bench.events import Sent, Small
from tests.bench.load import Target
from tests.e2e import service
from tests.e2e.apart import free_port
from tests.e2e.exactness import assert_counted_once, opened
from tests.e2e.sender import Sender, post
from tests.e2e.service import Service, wait_for

pytestmark = pytest.mark.slow

_SIGNATURES = 40
_SEED = 20261123
# Each kind of process so many times, in random order.
_TIMES = 4
_LONGEST_PAUSE_S = 1.5
_BETWEEN_SESSIONS_S = 0.05

# As the supervisor records them, which is in the order of their start.
_PLACES = {"PostgreSQL": 0, "Valkey": 1, "web": 2, "worker": 3, "beat": 4}
# Children of those.
_CHILDREN = {"edge": "web", "PostgreSQL's child": "PostgreSQL"}


@pytest.fixture(scope="module")
def supply() -> Iterator[Sent]:
    """More events than the test sends."""
    small = Small(seed=7)
    return itertools.chain.from_iterable(
        small.make(500, signatures=_SIGNATURES) for _ in itertools.count()
    )


def test_each_accepted_event_counts_once_whatever_is_killed(
    tmp_path: Path, supply: Iterator[Sent]
) -> None:
    data, bind = tmp_path / "data", f"127.0.0.1:{free_port()}"
    victims = [*_PLACES, *_CHILDREN] * _TIMES
    chance = random.Random(_SEED)
    chance.shuffle(victims)
    with service.started(data, bind=bind) as running:
        target = Target.of(running.dsn)
        # It outlives the supervisor, as SDKs do.
        load = _Load(target, supply)
        load.start()
        for victim in victims:
            _kill(running, victim, chance)
            time.sleep(chance.uniform(0.0, _LONGEST_PAUSE_S))
        load.sender.wait_for_accepted(100)
        running.process.kill()
        running.process.wait()
    with service.started(data, bind=bind) as running:
        load.sender.wait_for_accepted(100)
        load.finish()
        assert set(load.sender.failures) <= {0, 503}
        with opened(data) as store:
            assert_counted_once(running, store, target, load.sender.accepted)
            sessions = store.number(_SESSIONS, target.project_id)
    assert load.sessions[200] <= sessions <= load.sessions.total()


_SESSIONS = """
SELECT sum(count) FROM ingest_outcomecount
WHERE project_id = %s AND category = 'session' AND outcome = 'accepted'
"""


class _Load:
    """Events that are sent until they are accepted, and sessions that are sent once."""

    def __init__(self, target: Target, supply: Iterator[Sent]) -> None:
        self.sender = Sender(target, supply)
        # How many sessions met which status; 0 is no answer.
        self.sessions: Counter[int] = Counter()
        self._target = target
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._send_sessions, daemon=True)

    def start(self) -> None:
        self.sender.start()
        self._thread.start()

    def finish(self) -> None:
        self._is_over.set()
        self._thread.join()
        self.sender.finish()

    def _send_sessions(self) -> None:
        while not self._is_over.wait(_BETWEEN_SESSIONS_S):
            self.sessions[post(self._target, _session())] += 1


def _session() -> Sent:
    item = {
        "sid": uuid.uuid4().hex,
        "init": True,
        "status": "exited",
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "attrs": {"release": "shop@1.0"},
    }
    body = b'{}\n{"type":"session"}\n' + json.dumps(item).encode()
    return Sent("", 0, 0, gzip.compress(body), len(body))


def _kill(running: Service, victim: str, chance: random.Random) -> None:
    """Kills a process of this kind, as soon as there is one."""
    wait_for(lambda: _try_to_kill(running, victim, chance), 60)


def _try_to_kill(running: Service, victim: str, chance: random.Random) -> bool:
    rows = json.loads((running.data / "processes.json").read_text())
    place = _PLACES[_CHILDREN.get(victim, victim)]
    try:
        root = psutil.Process(rows[place]["pid"])
        found = root.children() if victim in _CHILDREN else [root]
        if not found or not service.alive(found):
            return False
        chance.choice(found).kill()
    except psutil.NoSuchProcess:
        return False
    return True
