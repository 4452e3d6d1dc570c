"""Payloads come back from their stored form as they were."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from issues.event import Event
from issues.payloads import (
    NO_DICTIONARY,
    Dictionary,
    pack,
    pieces_of,
    raw_payload,
    train,
    unpack,
)
from tests.unit.events import event_of


def _event(number: int) -> Event:
    frames = [
        {"function": f"step_{place}", "lineno": place, "vars": {"n": str(number)}}
        for place in range(30)
    ]
    crash = {"type": "Crash", "value": f"{number}", "stacktrace": {"frames": frames}}
    return event_of({"exception": {"values": [crash]}, "modules": {"wheel": "1.0"}})


def _there_and_back(number: int, dictionary: Dictionary) -> bool:
    event = _event(number)
    before = json.dumps(event, sort_keys=True)
    packed = pack(pieces_of(event), dictionary)
    parts = [part.data for part in (packed.stack, packed.modules) if part]
    after = unpack(packed.payload, dictionary, *parts)
    return json.dumps(after, sort_keys=True) == before


@cache
def _trained() -> Dictionary:
    packed = [pack(pieces_of(_event(number)), NO_DICTIONARY) for number in range(200)]
    samples = [raw_payload(one.payload, NO_DICTIONARY) for one in packed]
    # No id that a database gives: what opens a payload is remembered by it.
    return Dictionary(-1, train(samples))


def test_an_event_comes_back_whole() -> None:
    assert _there_and_back(1, NO_DICTIONARY)
    assert _there_and_back(1, _trained())


def test_threads_share_a_dictionary_without_harm() -> None:
    dictionary = _trained()
    with ThreadPoolExecutor(4) as threads:
        whole = list(threads.map(lambda n: _there_and_back(n, dictionary), range(400)))
    assert all(whole)


def test_equal_stack_traces_are_one_part() -> None:
    events = (pieces_of(_event(number)) for number in (1, 2))
    one, other = (pack(pieces, NO_DICTIONARY) for pieces in events)
    assert one.stack == other.stack
    assert one.payload != other.payload
