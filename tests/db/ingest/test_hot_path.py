"""An accepted request costs PostgreSQL nothing, not even a connection.

Tests without the mark `django_db` may not touch the database: pytest-django makes each
attempt to connect raise, in whatever thread.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from ingest.edge import Edge
from ingest.stream import ShardStream
from projects.keys import KeyInfo, encode_mirror, load_key, mirror_name
from projects.limits import Limit, LimitReason
from tests.corpus import PROJECT_ID, PUBLIC_KEY
from tests.db.ingest.client import Client, call
from tests.factories import make_project

_TARGET = f"/api/{PROJECT_ID}/envelope/?sentry_key={PUBLIC_KEY}"
_KEY = KeyInfo(
    key_id=1,
    public_key=PUBLIC_KEY,
    project_id=PROJECT_ID,
    is_active=True,
    limits=(Limit(LimitReason.KEY, "key:1", 100_000, 60),),
)


@pytest.fixture
def edge(store: redis.Redis) -> Iterator[Client]:
    """A web process that has just started."""
    edge = Edge()
    client = Client(edge)
    yield client
    client.run(edge.close())
    client.close()


def _envelope(number: int) -> bytes:
    return (
        b'{"event_id":"%032x"}\n{"type":"event"}\n{"message":"no %d"}\n'
        b'{"type":"session"}\n{"sid":"1"}\n{"type":"novelty"}\n{}\n'
    ) % (number, number)


def test_requests_with_a_known_key_are_accepted_without_postgresql(
    edge: Client, store: redis.Redis
) -> None:
    store.set(mirror_name(PUBLIC_KEY), encode_mirror(_KEY))
    calls = [call(_TARGET, _envelope(number)) for number in range(50)]
    answers = [edge.send(calls[0]), *edge.send_all(calls)]
    assert {answer.status for answer in answers} == {200}
    assert ShardStream(0).backlog().entries == len(answers)


def test_the_guard_of_this_module_does_guard(edge: Client) -> None:
    # The key is in nobody's memory: PostgreSQL would have to be asked.
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        edge.post(_TARGET, _envelope(1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("store")
def test_postgresql_is_asked_once_for_a_new_key() -> None:
    key = make_project().keys.get()
    asked: list[str] = []

    def load(public_key: str) -> KeyInfo | None:
        asked.append(public_key)
        return load_key(public_key)

    target = f"/api/{key.project_id}/envelope/?sentry_key={key.public_key}"
    for _ in range(2):
        edge = Edge(load=load)
        client = Client(edge)
        answers = client.send_all([call(target, _envelope(i)) for i in range(50)])
        assert {answer.status for answer in answers} == {200}
        client.run(edge.close())
        client.close()
    # The second process has read what the first one left in Valkey.
    assert asked == [key.public_key]
