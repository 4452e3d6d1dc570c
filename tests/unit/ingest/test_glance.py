"""An envelope of one event is taken by its first lines as it would be as a whole."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ingest.answers import Refused
from ingest.envelope import EnvelopeError, parse_envelope
from ingest.gate import Submission, examine_envelope
from ingest.glance import lone_event
from ingest.sizes import Limits
from tests.corpus import recorded

ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
LIMITS = Limits(max_envelope_bytes=2**20, max_event_bytes=2**14)
PAYLOAD = json.dumps({"message": "x" * 3000, "n": list(range(400))}).encode()


def envelope(*payloads: bytes, end: bytes = b"\n", **headers: Any) -> bytes:
    lines = [json.dumps({"event_id": ID} | headers).encode()]
    for payload in payloads:
        header = {"type": "event", "length": len(payload)}
        lines += [json.dumps(header).encode(), payload]
    return b"\n".join(lines) + end


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def told(submission: Submission) -> tuple[object, ...]:
    event_id, dsn = submission.event_id, submission.dsn
    return event_id, dsn, submission.has_event, submission.counts()


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_it_is_taken_by_its_first_lines(end: bytes) -> None:
    data = envelope(PAYLOAD, end=end, dsn="https://k@h/1")
    assert lone_event(packed(data), "gzip") is not None
    glanced = examine_envelope(packed(data), "gzip", LIMITS)
    assert told(glanced) == told(examine_envelope(data, "", LIMITS))
    assert told(glanced)[:3] == (ID, "https://k@h/1", True)


def test_recorded_envelopes_are_the_same_gzipped() -> None:
    glances = 0
    limits = Limits(max_envelope_bytes=2**24, max_event_bytes=2**23)
    for request in recorded():
        try:
            envelope = parse_envelope(request.body)
        except EnvelopeError:
            continue
        if "event_id" not in envelope.headers:
            # Such an envelope is given a new id each time.
            continue
        body = packed(request.body)
        whole = examine_envelope(request.body, "", limits)
        assert told(examine_envelope(body, "gzip", limits)) == told(whole)
        glances += lone_event(body, "gzip") is not None
    assert glances


ODD = {
    "two events": envelope(PAYLOAD, PAYLOAD),
    "two lines behind it": envelope(PAYLOAD, end=b"\n\n"),
    "more behind it than its length": envelope(PAYLOAD) + b"x",
    "an attachment": envelope(PAYLOAD).replace(b'"event"', b'"attachment"'),
    "a length that is none": envelope(PAYLOAD).replace(b'"length": ', b'"length": -'),
    "a length of less than nothing": envelope() + b'{"type":"event","length":-1}\n',
    "no length": envelope(PAYLOAD).replace(b"length", b"other"),
    "a long header": envelope(PAYLOAD, trace={"x": "y" * 2000}),
    "a blank line first": envelope(PAYLOAD).replace(b"\n", b"\n\n", 1),
    "a header alone": envelope(end=b""),
    "no JSON": b"\n".join([b"{", b"{", PAYLOAD]),
}


@pytest.mark.parametrize("name", ODD)
def test_anything_else_is_looked_at_whole(name: str) -> None:
    assert lone_event(packed(ODD[name]), "gzip") is None


def test_an_event_that_is_too_large_is_refused_with_the_reason() -> None:
    body = packed(envelope(b'{"message":"%b"}' % (b"x" * 2**14)))
    with pytest.raises(Refused) as refused:
        examine_envelope(body, "gzip", LIMITS)
    assert refused.value.reason == "event"


def test_without_an_id_of_its_own_the_events_is_taken() -> None:
    payload = json.dumps({"event_id": ID}).encode()
    body = packed(envelope(payload, event_id=None))
    assert examine_envelope(body, "gzip", LIMITS).event_id == ID


def test_a_body_that_ends_early_is_refused_wherever_it_does() -> None:
    body = packed(envelope(PAYLOAD))
    for end in range(1, len(body)):
        with pytest.raises(Refused):
            examine_envelope(body[:end], "gzip", LIMITS)
