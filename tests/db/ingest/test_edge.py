"""The edge's ASGI callable, driven in-process against a real Valkey."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import brotli
import pytest
import redis
import zstandard
from pytest_django import Settings

from ingest.envelope import parse_envelope
from ingest.stream import ENTRY_OVERHEAD_BYTES, ShardStream
from projects.limits import LimitReason
from tests.corpus import PUBLIC_KEY, Recorded, recorded
from tests.db.ingest.client import Client, call
from tests.db.ingest.conftest import KnownKeys

ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
OTHER_ID = "b1a4bfc3f2a94b4f8f4ea1f6ff0e6c8e"
ENVELOPE = f"/api/1/envelope/?sentry_key={PUBLIC_KEY}"
STORE = f"/api/1/store/?sentry_key={PUBLIC_KEY}"


def envelope(*items: tuple[dict[str, Any], bytes], **headers: Any) -> bytes:
    lines = [json.dumps(headers).encode()]
    for item_headers, payload in items:
        lines += [json.dumps(item_headers).encode(), payload]
    return b"\n".join(lines) + b"\n"


def event(payload: bytes = b'{"message":"x"}') -> tuple[dict[str, Any], bytes]:
    return {"type": "event", "length": len(payload)}, payload


SESSION: tuple[dict[str, Any], bytes] = ({"type": "session"}, b'{"sid":"1"}')
ONE_EVENT = envelope(event(), event_id=ID)


def _ours(request: Recorded) -> bool:
    return request.expected["endpoint"] in ("envelope", "store", "tunnel")


def _answered_id(request: Recorded) -> str:
    """The id that the request has, or nothing: then the server makes one or none."""
    told = request.expected.get("envelope_event_id")
    if not told and request.expected["event"]:
        told = request.expected["event"]["event_id"]
    return (told or "").replace("-", "")


def test_every_recorded_request_is_accepted_with_its_id(
    client: Client, stream: ShardStream
) -> None:
    requests = [request for request in recorded() if _ours(request)]
    answers = client.send_all(
        [
            call(
                request.target.replace("/tunnel?", "/api/1/envelope/?"),
                request.body,
                request.headers,
            )
            for request in requests
        ]
    )
    for request, answer in zip(requests, answers, strict=True):
        assert answer.status == 200, (request.file, answer.body)
        if told := _answered_id(request):
            assert answer.json() == {"id": told}, request.file
    entries = stream.read_new(len(requests) + 1)
    kept = Counter((entry.body, entry.event_id) for entry in entries)
    assert kept == Counter(
        (request.body, answer.json().get("id", ""))
        for request, answer in zip(requests, answers, strict=True)
    )


def test_the_entry_holds_the_request_as_it_came(
    client: Client, stream: ShardStream
) -> None:
    body = gzip.compress(ONE_EVENT)
    answer = client.post(
        "/api/1/envelope/",
        body,
        {
            "X-Sentry-Auth": f"Sentry sentry_key={PUBLIC_KEY}, sentry_version=7, "
            "sentry_client=sentry.python/2.75.0",
            "Content-Encoding": "gzip",
            "User-Agent": "an agent",
        },
        peer="203.0.113.9",
    )
    assert answer.json() == {"id": ID}
    (entry,) = stream.read_new(10)
    assert (entry.project_id, entry.key_id, entry.kind) == (1, 7, "envelope")
    assert (entry.body, entry.encoding, entry.event_id) == (body, "gzip", ID)
    assert entry.client == "sentry.python/2.75.0"
    assert (entry.remote_ip, entry.user_agent) == ("203.0.113.9", "an agent")
    assert entry.deliveries == 1


@pytest.mark.parametrize(
    "path",
    [
        "/api/1/envelope",
        "/api/1/envelope//",
        "//api//1//envelope/",
        "/api/01/envelope/",
    ],
)
def test_slashes_do_not_matter(client: Client, path: str) -> None:
    answer = client.post(f"{path}?sentry_key={PUBLIC_KEY}", ONE_EVENT)
    assert (answer.status, answer.json()) == (200, {"id": ID})


def test_the_oldest_address_takes_the_project_from_the_key(
    client: Client, stream: ShardStream
) -> None:
    answer = client.post(f"/api/store/?sentry_key={PUBLIC_KEY}", b'{"message":"x"}')
    assert answer.status == 200
    (entry,) = stream.read_new(10)
    assert (entry.project_id, entry.kind) == (1, "store")


RAW = zlib.compressobj(wbits=-15)
ENCODED = {
    "": ONE_EVENT,
    "identity": ONE_EVENT,
    "UTF-8": ONE_EVENT,
    "gzip": gzip.compress(ONE_EVENT),
    "X-GZip": gzip.compress(ONE_EVENT[:20]) + gzip.compress(ONE_EVENT[20:]),
    "deflate": zlib.compress(ONE_EVENT),
    " deflate ": RAW.compress(ONE_EVENT) + RAW.flush(),
    "br": brotli.compress(ONE_EVENT),
    "zstd": zstandard.compress(ONE_EVENT),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_encoding_is_understood(client: Client, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    answer = client.post(ENVELOPE, ENCODED[encoding], headers)
    assert (answer.status, answer.json()) == (200, {"id": ID})


def test_a_body_comes_in_pieces(client: Client, stream: ShardStream) -> None:
    pieces = (ONE_EVENT[:5], b"", ONE_EVENT[5:40], ONE_EVENT[40:])
    answer = client.post(ENVELOPE, pieces=pieces)
    assert answer.json() == {"id": ID}
    assert stream.read_new(1)[0].body == ONE_EVENT


STORED = json.dumps({"event_id": ID, "message": "x"}).encode()


@pytest.mark.parametrize(
    "body",
    [
        STORED,
        base64.b64encode(STORED),
        base64.b64encode(zlib.compress(STORED)),
        base64.urlsafe_b64encode(zlib.compress(STORED)).rstrip(b"="),
        b"\n" + base64.encodebytes(zlib.compress(STORED)),
        zlib.compress(STORED),
        b"\xef\xbb\xbf" + STORED,
        b"sentry_data=" + quote_plus(STORED).encode() + b"&x=1",
        b"sentry_data=" + quote(base64.b64encode(zlib.compress(STORED))).encode(),
        STORED.replace(b"}", b', "extra": {"n": NaN}}'),
    ],
)
def test_a_stored_event_comes_in_many_wrappings(client: Client, body: bytes) -> None:
    answer = client.post(STORE, body, {"Content-Type": "application/octet-stream"})
    assert (answer.status, answer.json()) == (200, {"id": ID})


def test_an_image_address_carries_an_event(client: Client, stream: ShardStream) -> None:
    data = base64.b64encode(zlib.compress(STORED)).decode().replace("+", "%2B")
    answer = client.post(f"{STORE}&sentry_data={data}", method="GET")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.body[:6] == b"GIF89a"
    assert stream.read_new(1)[0].event_id == ID


def test_a_transaction_to_the_store_address_is_no_event(
    client: Client, stream: ShardStream
) -> None:
    payload = json.dumps({"event_id": ID, "type": "transaction"}).encode()
    body = base64.b64encode(zlib.compress(payload))
    assert client.post(STORE, body).json() == {"id": ID}
    (entry,) = stream.read_new(10)
    (item,) = parse_envelope(entry.body).items
    assert (entry.kind, entry.encoding) == ("envelope", "")
    assert (item.type, bytes(item.payload)) == ("transaction", payload)


def test_an_envelope_may_come_to_the_store_address(
    client: Client, stream: ShardStream
) -> None:
    headers = {"Content-Type": "application/x-sentry-envelope"}
    assert client.post(STORE, ONE_EVENT, headers).json() == {"id": ID}
    assert stream.read_new(1)[0].kind == "envelope"


@pytest.mark.parametrize(
    ("headers", "payload", "expected"),
    [
        ({"event_id": ID}, {"event_id": OTHER_ID}, ID),
        ({"event_id": "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"}, {}, ID),
        ({}, {"event_id": OTHER_ID}, OTHER_ID),
        ({"event_id": "junk"}, {"event_id": OTHER_ID}, OTHER_ID),
        ({"event_id": "0" * 32}, {"event_id": "also junk"}, None),
        ({}, {"event_id": 12}, None),
        ({}, {}, None),
    ],
)
def test_the_header_names_the_event_before_the_payload(
    client: Client, headers: Any, payload: Any, expected: str | None
) -> None:
    body = envelope(event(json.dumps(payload).encode()), **headers)
    answered = client.post(ENVELOPE, body).json()["id"]
    assert re.fullmatch("[0-9a-f]{32}", answered)
    assert expected is None or answered == expected


def test_envelopes_without_events_are_kept_for_the_digest_to_count(
    client: Client, stream: ShardStream
) -> None:
    unknown = ({"type": "something new", "length": 3}, b"\n\n\x00")
    answer = client.post(ENVELOPE, envelope(SESSION, unknown))
    assert (answer.status, answer.body) == (200, b"{}")
    assert stream.read_new(1)[0].event_id == ""
    assert client.post(ENVELOPE, b"{}").body == b"{}"


def test_a_tunnelled_envelope_brings_its_own_credentials(client: Client) -> None:
    dsn = f"https://{PUBLIC_KEY}@errors.example.com/prefix/1"
    body = envelope(event(), event_id=ID, dsn=dsn)
    assert client.post("/api/1/envelope/", body).json() == {"id": ID}


BASIC = base64.b64encode(f"{PUBLIC_KEY}:secret".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Sentry-Auth": f"Sentry sentry_version=2.0,sentry_key={PUBLIC_KEY}"},
        {"X-Sentry-Auth": f"SENTRY sentry_secret=x , sentry_key={PUBLIC_KEY.upper()}"},
        {"Authorization": f"Sentry sentry_key={PUBLIC_KEY}"},
        {"Authorization": f"Basic {BASIC}"},
        {"Authorization": f"DSN http://{PUBLIC_KEY}@localhost/1"},
    ],
)
def test_every_form_of_credentials_opens_the_door(
    client: Client, headers: dict[str, str]
) -> None:
    assert client.post("/api/1/envelope/", ONE_EVENT, headers).status == 200


UNKNOWN_KEY = "f" * 32
REFUSED = {
    "no credentials": (401, "/api/1/envelope/", ONE_EVENT, {}),
    "no credentials for store": (401, "/api/1/store/", STORED, {}),
    "unknown key": (403, f"/api/1/store/?sentry_key={UNKNOWN_KEY}", STORED, {}),
    "key of another project": (403, ENVELOPE.replace("/1/", "/2/"), ONE_EVENT, {}),
    "malformed key": (400, "/api/1/envelope/?sentry_key=abc", ONE_EVENT, {}),
    "bad version": (400, ENVELOPE + "&sentry_version=99", ONE_EVENT, {}),
    "dsn of another key": (
        400,
        ENVELOPE,
        envelope(event(), dsn=f"http://{UNKNOWN_KEY}@localhost/1"),
        {},
    ),
    "dsn of another project": (
        400,
        ENVELOPE,
        envelope(event(), dsn=f"http://{PUBLIC_KEY}@localhost/2"),
        {},
    ),
    "empty body": (400, ENVELOPE, b"", {}),
    "not an envelope": (400, ENVELOPE, b"hello", {}),
    "item without a type": (400, ENVELOPE, b'{}\n{"length":1}\nx', {}),
    "item cut short": (400, ENVELOPE, b'{}\n{"type":"event","length":9}\n{}', {}),
    "deeply nested header": (400, ENVELOPE, b'{"a":' * 9000, {}),
    "unknown encoding": (400, ENVELOPE, ONE_EVENT, {"Content-Encoding": "lzma"}),
    "damaged gzip": (400, ENVELOPE, b"\x1f\x8bxx", {"Content-Encoding": "gzip"}),
    "bad event": (400, STORE, b'{"message":', {}),
    "event is no object": (400, STORE, base64.b64encode(b"[1]"), {}),
    "deeply nested event": (400, STORE, b'{"a":' * 90_000, {}),
    "unknown endpoint": (404, "/api/1/nothing/", b"", {}),
    "event too large": (413, ENVELOPE, envelope(event(b"x" * (2**20 + 1))), {}),
    "stored event too large": (413, STORE, b'{"a":"%s"}' % (b"x" * 2**20), {}),
    "too many items": (413, ENVELOPE, envelope(*[SESSION] * 1001), {}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_why_and_browsers_may_read_it(
    client: Client, stream: ShardStream, case: str
) -> None:
    status, target, body, headers = REFUSED[case]
    answer = client.post(target, body, headers)
    assert answer.status == status, answer.body
    assert answer.json()["detail"] == answer.headers["x-sentry-error"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "retry-after" in answer.headers["access-control-expose-headers"]
    assert stream.backlog().entries == 0


def test_other_methods_are_refused(client: Client) -> None:
    answer = client.post(ENVELOPE, method="GET")
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_a_browser_may_ask_first(client: Client) -> None:
    answer = client.post("/api/1/envelope/", method="OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "x-sentry-auth" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("size", [21 * 2**20, 10**4000])
def test_a_body_that_says_it_is_too_large_is_not_kept(
    client: Client, size: int
) -> None:
    headers = {"Content-Length": str(size)}
    assert client.post(ENVELOPE, headers=headers).status == 413


def test_a_body_that_turns_out_too_large_is_refused(client: Client) -> None:
    pieces = (b"x" * 2**20,) * 30
    assert client.post(ENVELOPE, pieces=pieces).status == 413


def test_a_lost_connection_is_no_error_of_ours(client: Client) -> None:
    assert client.post(ENVELOPE, pieces=(b"{}", None)).status == 400


def test_large_bodies_under_way_are_bounded_together(client: Client) -> None:
    one = call(ENVELOPE, pieces=(b"x" * (2**20),) * 18)
    answers = client.send_all([one] * 6)
    statuses = Counter(answer.status for answer in answers)
    # Those that had room were read whole, and are no envelopes.
    assert set(statuses) == {413, 503}
    assert statuses[413] == 1
    refused = [answer for answer in answers if answer.status == 503]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert client.post(ENVELOPE, ONE_EVENT).status == 200


BOMB = b"{}\n" + b" " * (200 * 2**20)
BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "br": lambda body: brotli.compress(body, quality=1),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("encoding", BOMBS)
def test_what_inflates_beyond_the_bound_is_refused(
    client: Client, encoding: str
) -> None:
    body = BOMBS[encoding](BOMB)
    headers = {"Content-Encoding": encoding}
    assert client.post(ENVELOPE, body, headers).status == 413
    assert client.post(STORE, body, headers).status == 413


def test_large_attachments_pass(client: Client, stream: ShardStream) -> None:
    payload = b"\x00\n" * (5 * 2**20)
    attachment = ({"type": "attachment", "length": len(payload)}, payload)
    body = envelope(event(), attachment, event_id=ID)
    assert client.post(ENVELOPE, body).json() == {"id": ID}
    assert stream.read_new(1)[0].body == body


def test_a_full_stream_refuses_without_a_spool_until_it_is_drained(
    settings: Settings,
    make_client: Callable[[], Client],
    stream: ShardStream,
) -> None:
    settings.SPOOL_MAX_BYTES = 0
    settings.STREAM_MAX_BYTES = 2 * (len(ONE_EVENT) + ENTRY_OVERHEAD_BYTES)
    client = make_client()
    answers = [client.post(ENVELOPE, ONE_EVENT) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 503]
    assert int(answers[2].headers["retry-after"]) > 0
    stream.acknowledge(stream.read_new(10))
    assert client.post(ENVELOPE, ONE_EVENT).status == 200


def test_a_limited_key_is_told_when_to_come_back(
    client: Client, keys: KnownKeys, stream: ShardStream
) -> None:
    keys.limit(2)
    answers = [client.post(ENVELOPE, ONE_EVENT) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    wait_s = int(answers[2].headers["retry-after"])
    assert 1 <= wait_s <= 3600
    limits = answers[2].headers["x-sentry-rate-limits"]
    assert limits == f"{wait_s}:default;error;security;attachment:key:key_quota"
    assert stream.backlog().entries == 2


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (LimitReason.PROJECT, "project:project_quota"),
        (LimitReason.ORGANIZATION, "organization:organization_quota"),
        (LimitReason.SPIKE, "project:spike_protection"),
    ],
)
def test_each_limit_is_told_by_its_scope(
    client: Client, keys: KnownKeys, reason: LimitReason, told: str
) -> None:
    keys.limit(100)
    keys.limit(1, by=reason)
    _, answer = (client.post(ENVELOPE, ONE_EVENT) for _ in range(2))
    assert answer.status == 429
    assert answer.headers["x-sentry-rate-limits"].endswith(f";attachment:{told}")


def test_a_burst_does_not_pass_the_limit(client: Client, keys: KnownKeys) -> None:
    keys.limit(10)
    answers = client.send_all([call(ENVELOPE, ONE_EVENT)] * 50)
    assert sum(answer.status == 200 for answer in answers) == 10


def test_what_a_limit_is_not_about_passes(
    client: Client, keys: KnownKeys, stream: ShardStream
) -> None:
    keys.limit(1)
    attachment = ({"type": "attachment", "length": 1}, b"x")
    body = envelope(event(), SESSION, attachment, event_id=ID)
    assert client.post(ENVELOPE, body).status == 200
    answer = client.post(ENVELOPE, gzip.compress(body), {"Content-Encoding": "gzip"})
    assert (answer.status, answer.json()) == (200, {"id": ID})
    assert answer.headers["x-sentry-rate-limits"]
    _, rest = stream.read_new(10)
    assert b"session" in rest.body
    assert b'event"' not in rest.body
    assert b"attachment" not in rest.body
    assert rest.encoding == ""
    assert client.post(ENVELOPE, envelope(SESSION)).status == 200


@pytest.mark.parametrize("size", [10, 2 * 2**20])
def test_files_that_become_an_event_are_limited_as_one(
    client: Client, keys: KnownKeys, size: int
) -> None:
    keys.limit(1)
    kind = {"type": "attachment", "attachment_type": "event.minidump", "length": size}
    dump = envelope((kind, b"MDMP" + b"x" * (size - 4)), event_id=ID)
    plain = envelope(({"type": "attachment", "length": 1}, b"x"), event_id=ID)
    posted = [client.post(ENVELOPE, body).status for body in (plain, dump, dump, plain)]
    assert posted == [200, 200, 429, 200]


def test_a_warm_edge_does_not_ask_postgresql(client: Client, keys: KnownKeys) -> None:
    client.post(ENVELOPE, ONE_EVENT)
    for answer in client.send_all([call(ENVELOPE, ONE_EVENT)] * 100):
        assert answer.status == 200
    assert keys.asked == 1


def test_an_edge_learns_keys_from_its_siblings(
    make_client: Callable[[], Client], keys: KnownKeys
) -> None:
    for _ in range(3):
        assert make_client().post(ENVELOPE, ONE_EVENT).status == 200
    assert keys.asked == 1


def test_the_address_of_a_sender_behind_our_proxy(
    client: Client, stream: ShardStream, settings: Settings
) -> None:
    headers = {"X-Forwarded-For": "10.9.9.9, 198.51.100.4:1234"}
    client.post(ENVELOPE, ONE_EVENT, headers, peer="203.0.113.9")
    settings.TRUSTED_PROXIES = 1
    client.post(ENVELOPE, ONE_EVENT, headers, peer="203.0.113.9")
    addresses = [entry.remote_ip for entry in stream.read_new(10)]
    assert addresses == ["203.0.113.9", "198.51.100.4"]


def test_one_message_wakes_the_digest(
    client: Client, store: redis.Redis, stream: ShardStream, settings: Settings
) -> None:
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    client.send_all([call(ENVELOPE, ONE_EVENT)] * 20)
    assert store.llen(queue) == 1
    stream.clear_wake()
    client.post(ENVELOPE, ONE_EVENT)
    assert store.llen(queue) == 2
