"""The endpoints besides envelope and store, driven in-process against a real Valkey."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import redis

from ingest.body import decompress
from ingest.envelope import Envelope, parse_envelope
from ingest.stream import ShardStream
from tests.corpus import PUBLIC_KEY, recorded
from tests.db.ingest.client import Client, Response, call
from tests.db.ingest.conftest import KnownKeys
from tests.db.ingest.test_counting import refusals

ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
AUTH = f"?sentry_key={PUBLIC_KEY}"
DUMP = b"MDMP\x93\xa7\x00\x00" + bytes(range(256)) * 40
CSP = {
    "csp-report": {
        "document-uri": "https://shop.example.com/cart",
        "effective-directive": "img-src",
        "blocked-uri": "https://tracker.example.net/p.gif",
    }
}
OTHER_REPORTS: list[dict[str, Any]] = [
    {"expect-ct-report": {"hostname": "shop.example.com", "failure-mode": "enforce"}},
    {"expect-staple-report": {"hostname": "shop.example.com"}},
    {"hostname": "shop.example.com", "known-pins": ["pin-sha256=x"]},
]
VIOLATION = {"type": "csp-violation", "age": 10, "url": "https://x", "body": {"a": 1}}
NETWORK_ERROR = {"type": "network-error", "url": "https://x", "body": {"type": "dns"}}


def sent(stream: ShardStream) -> list[Envelope]:
    """The envelopes that wait in the stream."""
    return [
        parse_envelope(decompress(entry.body, entry.encoding, 2**30))
        for entry in stream.read_new(1000)
    ]


def items(stream: ShardStream) -> list[tuple[dict[str, Any], Any]]:
    """Header and payload of every item; JSON where it is some."""
    return [
        (dict(item.headers), _content(bytes(item.payload)))
        for envelope in sent(stream)
        for item in envelope.items
    ]


def _content(payload: bytes) -> Any:
    return json.loads(payload) if payload[:1] == b"{" else payload


def form(*parts: tuple[str, bytes | str], **files: tuple[str, bytes]) -> bytes:
    """A body with the boundary `=x`."""
    lines: list[bytes] = []
    for name, value in parts:
        lines.append(f'--=x\r\nContent-Disposition: form-data; name="{name}"'.encode())
        lines += [b"", value.encode() if isinstance(value, str) else value]
    for name, (filename, content) in files.items():
        about = f'form-data; name="{name}"; filename="{filename}"'
        lines.append(f"--=x\r\nContent-Disposition: {about}".encode())
        lines += [b"Content-Type: text/plain", b"", content]
    return b"\r\n".join([*lines, b"--=x--", b""])


FORM = {"Content-Type": 'multipart/form-data; boundary="=x"'}


def post_json(
    client: Client, path: str, sent: object, content_type: str = "application/json"
) -> Response:
    body = json.dumps(sent).encode()
    return client.post(path, body, {"Content-Type": content_type})


@pytest.mark.parametrize("path", ["/api/1/security/", "//api/1/csp-report"])
def test_a_policy_report_becomes_an_item_that_knows_its_release(
    client: Client, stream: ShardStream, path: str
) -> None:
    target = f"{path}{AUTH}&sentry_release=1.2.3&sentry_environment=production"
    answer = post_json(client, target, CSP, "application/csp-report")
    assert (answer.status, answer.body) == (200, b"")
    ((headers, payload),) = items(stream)
    assert payload == CSP
    assert headers["type"] == "raw_security"
    assert headers["sentry_release"] == "1.2.3"
    assert headers["sentry_environment"] == "production"


@pytest.mark.parametrize("report", OTHER_REPORTS)
def test_other_reports_about_security_are_taken(
    client: Client, stream: ShardStream, report: dict[str, Any]
) -> None:
    content_type = "application/expect-ct-report+json; charset=utf-8"
    assert (
        post_json(client, f"/api/1/security/{AUTH}", report, content_type).status == 200
    )
    assert items(stream)[0][1] == report


@pytest.mark.parametrize("path", ["security/", "cron/nightly/"])
def test_json_may_be_nested_deeper_than_can_be_written(
    client: Client, stream: ShardStream, path: str
) -> None:
    deep = b"[" * 900 + b"]" * 900
    body = b'{"status":"ok","csp-report":{"effective-directive":"x","a":%b}}' % deep
    headers = {"Content-Type": "application/json"}
    assert client.post(f"/api/1/{path}{AUTH}", body, headers).status in (200, 202)
    assert len(items(stream)) == 1


def test_every_report_of_a_list_is_an_event_of_its_own(
    client: Client, stream: ShardStream, store: redis.Redis
) -> None:
    reports = [VIOLATION, NETWORK_ERROR, {"type": "deprecation", "body": {}}, "junk"]
    target = f"/api/1/security/{AUTH}"
    assert post_json(client, target, reports, "application/reports+json").status == 200
    envelopes = sent(stream)
    assert [one.items[0].type for one in envelopes] == ["raw_security", "nel"]
    assert len({one.headers["event_id"] for one in envelopes}) == 2
    assert refusals(store) == {
        ("unknown", "unsupported", "report_type", 1),
        ("security", "invalid", "report", 1),
    }


def test_reports_about_the_network_have_an_address_of_their_own(
    client: Client, stream: ShardStream
) -> None:
    target = f"/api/1/nel/{AUTH}"
    answer = post_json(client, target, [NETWORK_ERROR] * 3, "application/reports+json")
    assert (answer.status, answer.body) == (200, b"")
    assert [headers["type"] for headers, _ in items(stream)] == ["nel"] * 3


def test_recorded_reports_are_taken(client: Client, stream: ShardStream) -> None:
    requests = [one for one in recorded() if one.expected["endpoint"] == "security"]
    for one in requests:
        answer = client.post(one.target, one.body, one.headers)
        assert answer.status == 200, one.file
    expected = sum(len(one.expected["reports"]) for one in requests)
    assert len(items(stream)) == expected


def test_a_limit_is_told_only_when_no_report_was_kept(
    client: Client, keys: KnownKeys, stream: ShardStream, store: redis.Redis
) -> None:
    keys.limit(2)
    target = f"/api/1/security/{AUTH}"
    answers = [post_json(client, target, [VIOLATION] * 3) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert int(answers[1].headers["retry-after"]) > 0
    assert stream.backlog().entries == 2
    assert refusals(store) == {("security", "rate_limited", "key", 4)}


def test_crash_reporters_are_never_told_to_come_back(
    client: Client, keys: KnownKeys, store: redis.Redis
) -> None:
    keys.limit(1)
    target = f"/api/1/unreal/{PUBLIC_KEY}/"
    assert [client.post(target, b"x").status for _ in range(2)] == [200, 200]
    target = f"/api/1/minidump/{AUTH}"
    assert client.post(target, DUMP).status == 200
    assert refusals(store) == {
        ("error", "rate_limited", "key", 2),
        ("attachment", "rate_limited", "key", 1),
    }


CRON = f"/api/1/cron/nightly-job/{PUBLIC_KEY}/"


@pytest.mark.parametrize("path", [CRON, f"/api/1/cron/nightly-job{AUTH}&x=1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_script_checks_in_by_a_plain_request(
    client: Client, stream: ShardStream, path: str, method: str
) -> None:
    query = "status=ok&duration=1.5&environment=dev&check_in_id=" + ID
    target = path + ("&" if "?" in path else "?") + query
    answer = client.post(target, method=method)
    assert (answer.status, answer.body) == (202, b"")
    ((headers, payload),) = items(stream)
    assert headers["type"] == "check_in"
    assert payload == {
        "monitor_slug": "nightly-job",
        "status": "ok",
        "duration": 1.5,
        "environment": "dev",
        "check_in_id": ID,
    }


def test_a_check_in_of_json_may_bring_the_monitors_schedule(
    client: Client, stream: ShardStream
) -> None:
    told = {
        "status": "in_progress",
        "monitor_slug": "another",
        "monitor_config": {"schedule": {"type": "crontab", "value": "0 * * * *"}},
    }
    content_type = "application/json;charset=utf-8"
    assert post_json(client, CRON, told, content_type).status == 202
    assert items(stream)[0][1] == {**told, "monitor_slug": "nightly-job"}


def test_a_minidump_comes_with_fields_and_files(
    client: Client, stream: ShardStream
) -> None:
    fields = [("sentry", json.dumps({"event_id": ID})), ("sentry[tags][b]", "2")]
    body = form(
        *fields,
        upload_file_minidump=("crash.dmp", DUMP),
        log=("game.log", b"one\r\ntwo\r\n"),
    )
    answer = client.post(f"/api/1/minidump/{AUTH}", body, FORM)
    assert (answer.status, answer.body.decode()) == (200, str(uuid.UUID(ID)))
    assert answer.headers["content-type"] == "text/plain"
    (told, dump, log) = items(stream)
    assert told[0]["type"] == "form_data"
    assert json.loads(told[1]) == [list(field) for field in fields]
    assert dump[0]["attachment_type"] == "event.minidump"
    assert (dump[0]["filename"], dump[1]) == ("crash.dmp", DUMP)
    assert log[0]["attachment_type"] == "event.attachment"
    assert (log[0]["filename"], log[0]["content_type"]) == ("game.log", "text/plain")
    assert log[1] == b"one\r\ntwo\r\n"


def test_a_packed_event_gives_its_id_to_the_crash(
    client: Client, stream: ShardStream
) -> None:
    packed = msgspec.msgpack.encode({"event_id": ID, "level": "fatal"})
    files = {
        "upload_file_minidump": ("", gzip.compress(DUMP)),
        "__sentry-event": ("e", packed),
        "__sentry-breadcrumb1": ("1", b"\x80"),
        "__sentry-breadcrumb2": ("2", b"\x80\x80"),
    }
    answer = client.post(f"/api/1/minidump{AUTH}", form(**files), FORM)
    assert answer.body.decode() == str(uuid.UUID(ID))
    found = [
        (headers["attachment_type"], content) for headers, content in items(stream)
    ]
    assert found == [
        ("event.minidump", gzip.compress(DUMP)),
        ("event.payload", packed),
        ("event.breadcrumbs", b"\x80"),
        ("event.breadcrumbs", b"\x80\x80"),
    ]


def test_a_minidump_may_come_alone(client: Client, stream: ShardStream) -> None:
    headers = {"Content-Type": "application/x-dmp", "Content-Encoding": "gzip"}
    answer = client.post(f"/api/1/minidump/{AUTH}", gzip.compress(DUMP), headers)
    assert answer.status == 200
    (envelope,) = sent(stream)
    assert answer.body.decode() == str(uuid.UUID(envelope.headers["event_id"]))
    (item,) = envelope.items
    assert (item.headers["attachment_type"], bytes(item.payload)) == (
        "event.minidump",
        DUMP,
    )


def test_an_event_gets_files_by_its_id(client: Client, stream: ShardStream) -> None:
    body = form(("x", "y"), a=("a.txt", b"one"), b=("b.bin", b"\x00\n" * 5000))
    target = f"/api/1/events/{uuid.UUID(ID)}/attachments/{AUTH}"
    answer = client.post(target, body, FORM)
    assert (answer.status, answer.body) == (201, b"")
    (envelope,) = sent(stream)
    assert envelope.headers == {"event_id": ID}
    assert [bytes(item.payload) for item in envelope.items] == [
        b"one",
        b"\x00\n" * 5000,
    ]


def test_a_report_of_unreal_is_kept_whole(client: Client, stream: ShardStream) -> None:
    target = f"/api/1/unreal/{PUBLIC_KEY}/?UserID=me&AppEnvironment=beta"
    answer = client.post(target, b"\x78\x9c..")
    assert re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.body.decode()
    )
    told, report = items(stream)
    assert json.loads(told[1]) == [
        ["sentry[user][id]", "me"],
        ["sentry[environment]", "beta"],
    ]
    assert report == ({"type": "unreal_report", "length": 4}, b"\x78\x9c..")


SPANS = {
    "resourceSpans": [
        {"scopeSpans": [{"spans": [{"spanId": "1"}, {}]}, {}]},
        {"scopeSpans": [{"spans": [{"name": "x"}]}]},
    ]
}


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


PACKED_LOGS = field(
    1,
    field(1, b"resource")
    + field(
        2, field(1, b"scope") + field(2, b"one") + field(2, b"\x08\x01") + b"\x18\x07"
    ),
)


@pytest.mark.parametrize(
    ("path", "content_type", "body", "counted"),
    [
        ("otlp/v1/traces", "application/json", json.dumps(SPANS).encode(), ("span", 3)),
        (
            "integration/otlp/v1/traces",
            "application/x-protobuf",
            PACKED_LOGS,
            ("span", 2),
        ),
        (
            "integration/otlp/v1/logs/",
            "application/x-protobuf",
            PACKED_LOGS,
            ("log_item", 2),
        ),
    ],
)
def test_telemetry_is_taken_and_counted(
    client: Client,
    stream: ShardStream,
    store: redis.Redis,
    path: str,
    content_type: str,
    body: bytes,
    counted: tuple[str, int],
) -> None:
    answer = client.post(f"/api/1/{path}{AUTH}", body, {"Content-Type": content_type})
    assert (answer.status, answer.body) == (202, b"")
    category, count = counted
    assert refusals(store) == {(category, "unsupported", "otlp", count)}
    assert stream.backlog().entries == 0


JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
REFUSED: dict[str, tuple[int, str, bytes, Mapping[str, str]]] = {
    "no credentials": (401, "/api/1/security/", b"{}", JSON),
    "bad key in the path": (400, "/api/1/cron/x/abc/?status=ok", b"", {}),
    "unknown key in the path": (403, f"/api/1/unreal/{'f' * 32}/", b"x", {}),
    "no report": (400, f"/api/1/security/{AUTH}", b'{"a":1}', JSON),
    "no JSON": (400, f"/api/1/security/{AUTH}", b"{", JSON),
    "nested": (400, f"/api/1/security/{AUTH}", b"[" * 200_000, JSON),
    "empty": (400, f"/api/1/nel/{AUTH}", b"", JSON),
    "many": (
        413,
        f"/api/1/nel/{AUTH}",
        json.dumps([NETWORK_ERROR] * 101).encode(),
        JSON,
    ),
    "large": (413, f"/api/1/nel/{AUTH}", b"[" + b" " * 2**20 + b"]", JSON),
    "media type": (
        415,
        f"/api/1/security/{AUTH}",
        b"{}",
        {"Content-Type": "text/html"},
    ),
    "media type of nel": (
        415,
        f"/api/1/nel/{AUTH}",
        b"{}",
        {"Content-Type": "text/xml"},
    ),
    "media type of otlp": (415, f"/api/1/otlp/v1/traces{AUTH}", b"x", FORM),
    "no status": (400, CRON, b"", {}),
    "odd status": (400, f"{CRON}?status=missed", b"", {}),
    "odd duration": (400, f"{CRON}?status=ok&duration=long", b"", {}),
    "no object": (400, CRON, b"[1]", JSON),
    "no dump": (400, f"/api/1/minidump/{AUTH}", form(("a", "b")), FORM),
    "junk dump": (400, f"/api/1/minidump/{AUTH}", b"hello", {}),
    "junk file": (
        400,
        f"/api/1/minidump/{AUTH}",
        form(upload_file_minidump=("x", b"hello")),
        FORM,
    ),
    "cut form": (400, f"/api/1/minidump/{AUTH}", form(("a", "b"))[:-9], FORM),
    "no boundary": (
        400,
        f"/api/1/minidump/{AUTH}",
        form(),
        {"Content-Type": "multipart/form-data"},
    ),
    "large field": (413, f"/api/1/minidump/{AUTH}", form(("a", "b" * 2**21)), FORM),
    "many parts": (413, f"/api/1/minidump/{AUTH}", form(*[("a", "b")] * 501), FORM),
    "bad id": (400, f"/api/1/events/abc/attachments/{AUTH}", form(), FORM),
    "no form": (400, f"/api/1/events/{ID}/attachments/{AUTH}", b"x", JSON),
    "junk traces": (400, f"/api/1/otlp/v1/traces{AUTH}", b"\xff\xff", PROTOBUF),
    "cut traces": (400, f"/api/1/otlp/v1/traces{AUTH}", PACKED_LOGS[:-1], PROTOBUF),
    "nested traces": (400, f"/api/1/otlp/v1/traces{AUTH}", b"[" * 200_000, JSON),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_why_and_is_no_error_of_ours(
    client: Client, stream: ShardStream, case: str
) -> None:
    status, target, body, headers = REFUSED[case]
    answer = client.post(target, body, headers)
    assert answer.status == status, answer.body
    assert answer.json()["detail"] == answer.headers["x-sentry-error"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert stream.backlog().entries == 0


@pytest.mark.parametrize(
    "path", ["security", "nel", "minidump", f"unreal/{PUBLIC_KEY}"]
)
def test_other_methods_are_refused(client: Client, path: str) -> None:
    answer = client.post(f"/api/1/{path}/{AUTH}", method="GET")
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_what_a_form_has_kept_open_is_not_in_memory(
    client: Client, stream: ShardStream
) -> None:
    content = bytes(20 * 2**20)
    body = gzip.compress(form(upload_file_minidump=("x", DUMP + content)))
    headers = {**FORM, "Content-Encoding": "gzip"}
    assert client.post(f"/api/1/minidump/{AUTH}", body, headers).status == 200
    (entry,) = stream.read_new(1)
    assert len(entry.body) < 2**20


def test_the_edge_answers_a_browsers_question_everywhere(client: Client) -> None:
    paths = ("security", "nel", "cron/x", "otlp/v1/traces", "nothing")
    answers = client.send_all(
        [call(f"/api/1/{path}/", method="OPTIONS") for path in paths]
    )
    assert Counter(answer.status for answer in answers) == {200: len(paths)}
