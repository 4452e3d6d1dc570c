"""Nothing that is sent brings down the edge or the worker, or takes them long."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given

from issues.newevent import NewEvent
from issues.payloads import NO_DICTIONARY, Packed, unpack
from tests.db.ingest.client import Call, Response
from tests.fuzz.endpoints import special
from tests.fuzz.events import event
from tests.fuzz.pipe import Pipe, peak_memory_mib
from tests.fuzz.requests import (
    auth_headers,
    envelope,
    of_envelope,
    of_event,
    randoms,
    request,
)
from tests.fuzz.rounds import tries

pytestmark = pytest.mark.slow

# Requests of a case: they are on their way together, as at a real edge.
AT_ONCE = 20
MEMORY_GROWTH_MAX_MIB = 200
# The escape itself, not a backslash before four digits.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@pytest.fixture(scope="module", autouse=True)
def _memory_is_bounded() -> Any:
    before = peak_memory_mib()
    yield
    assert peak_memory_mib() - before < MEMORY_GROWTH_MAX_MIB


@tries(1200 // AT_ONCE)
@given(random=randoms)
def test_every_request_is_answered(
    pipe: Pipe, round_number: int, random: Random
) -> None:
    check(*pipe.send([request(random) for _ in range(AT_ONCE)]))


@tries(200)
@given(header=auth_headers())
def test_every_credential_is_taken_or_refused(
    pipe: Pipe, round_number: int, header: str
) -> None:
    headers = (("X-Sentry-Auth", header),)
    answers, events = pipe.send([Call("/api/1/store/", (b"{}",), headers=headers)])
    check(answers, events)
    assert answers[0].status in (200, 400, 401, 403)


def test_an_envelope_may_have_no_items(pipe: Pipe) -> None:
    (answer,), events = pipe.send([of_envelope(b"{}")])
    assert (answer.status, events) == (200, [])


@tries(1200 // AT_ONCE)
@given(random=randoms)
def test_every_framing_is_taken_or_refused(
    pipe: Pipe, round_number: int, random: Random
) -> None:
    calls = [of_envelope(envelope(random)) for _ in range(AT_ONCE)]
    answers, events = pipe.send(calls)
    check(answers, events)
    assert {answer.status for answer in answers} <= {200, 400, 413}


@tries(800 // AT_ONCE)
@given(random=randoms)
def test_every_endpoint_takes_or_refuses(
    pipe: Pipe, round_number: int, random: Random
) -> None:
    check(*pipe.send([special(random) for _ in range(AT_ONCE)]))


@tries(1600 // AT_ONCE)
@given(random=randoms)
def test_every_event_is_stored_or_refused(
    pipe: Pipe, round_number: int, random: Random
) -> None:
    answers, events = pipe.send([of_event(event(random)) for _ in range(AT_ONCE)])
    check(answers, events)
    assert {answer.status for answer in answers} <= {200, 400}
    accepted = sum(answer.status == 200 for answer in answers)
    assert len(events) == accepted


def check(answers: list[Response], events: list[NewEvent]) -> None:
    for answer in answers:
        check_answer(answer)
    for one in events:
        check_event(one)


def check_answer(answer: Response) -> None:
    assert answer.status < 500, answer
    assert answer.headers["access-control-allow-origin"]
    if answer.status >= 400 and answer.body:
        detail = answer.json()["detail"]
        assert detail == answer.headers["x-sentry-error"]
        assert detail.isprintable()


def check_event(event: NewEvent) -> None:
    """It fits its columns, opens again, and holds nothing that PostgreSQL refuses."""
    described = event.description
    assert len(event.grouping.hashes[0]) == 16
    for text in (described.title, described.type, described.value, described.culprit):
        check_text(text)
    for key, value in event.tags:
        assert 0 < len(key) <= 200
        assert len(value) <= 200
        check_text(key + value)
    check_text(event.platform + event.logger + (event.user or ""))
    assert event.packed
    payload: Any = opened(event.packed)
    assert payload["event_id"] == event.event_id.hex
    assert not _NUL.search(orjson.dumps(payload))


def opened(packed: Packed) -> object:
    stack, modules = (
        part.data if part else None for part in (packed.stack, packed.modules)
    )
    return unpack(packed.payload, NO_DICTIONARY, stack, modules)


def check_text(text: str) -> None:
    assert "\0" not in text
    text.encode()
