"""Requests to the endpoints besides envelope and store, each in its own odd way."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import orjson

from tests.corpus import PUBLIC_KEY, recorded
from tests.crashfiles import CONTEXT, make_minidump, make_unreal_report
from tests.db.ingest.client import Call
from tests.fuzz.events import event_sources, item
from tests.fuzz.values import damaged, dumped, is_chance, spoiled, text, value

_KEY = f"sentry_key={PUBLIC_KEY}"
_BOUNDARY = "=fuzz"
_FORM = f"multipart/form-data; boundary={_BOUNDARY}"
_REPORT_TYPES = (
    *("application/csp-report", "application/json", "application/reports+json"),
    *("application/expect-ct-report+json", "application/expect-staple-report"),
)
_REPORTS: tuple[Any, ...] = (
    {"expect-ct-report": {"hostname": "x", "port": 443, "date-time": "2026-11-23"}},
    {"expect-staple-report": {"hostname": "x", "cert-status": "REVOKED"}},
    {"hostname": "x", "known-pins": ["pin"], "date-time": "2026-11-23T12:00:00Z"},
    [
        {
            "type": "network-error",
            "age": 5,
            "url": "https://x/",
            "user_agent": "x",
            "body": {"phase": "dns", "type": "dns.name_not_resolved", "status_code": 0},
        }
    ],
)
# Fields of a crash reporter's form: text, JSON in one piece or several, brackets.
_FIELDS: tuple[tuple[str, bytes], ...] = (
    ("prod", b"game"),
    ("sentry", b'{"release":"game@1","tags":{"a":"b"}}'),
    ("sentry__1", b'{"release":"ga'),
    ("sentry__2", b'me@1"}'),
    ("sentry[tags][a]", b"b"),
    ("sentry[a][b][c][][]", b"x"),
    ("ver", "1.0 \u00e9".encode()),
)
_STATUSES = ("ok", "error", "in_progress", "missed", "", "OK", "1")


def special(random: Random) -> Call:
    """A request to one of them, with good credentials most of the time."""
    return random.choice(_MAKERS)(random)


@cache
def _reports() -> tuple[bytes, ...]:
    """What browsers reported, and what else there is to report."""
    sent = [one.body for one in recorded() if one.expected["endpoint"] == "security"]
    return (*sent, *map(dumped, _REPORTS))


def _report(random: Random) -> Call:
    tree = json.loads(random.choice(_reports()))
    body = dumped(spoiled(random, tree))
    path = random.choice(("security/", "csp-report/", "nel/"))
    query = f"{_KEY}&sentry_release={quote(text(random), errors='replace')}"
    return _call(random, path, body, random.choice(_REPORT_TYPES), query)


def _dump(random: Random) -> bytes:
    data = make_minidump(order=random.choice("<>"), has_crash=not is_chance(random, 4))
    return damaged(random, data) if is_chance(random, 2) else data


def _minidump(random: Random) -> Call:
    path = random.choice(("minidump/", "minidump"))
    if is_chance(random, 4):
        return _call(random, path, _dump(random), "application/x-dmp")
    parts = [_part("upload_file_minidump", _dump(random), "a.dmp")]
    for name, content in random.sample(_FIELDS, random.randrange(len(_FIELDS))):
        parts.append(_part(name, content))
    if is_chance(random, 2):
        parts.append(_part("__sentry-event", _packed(random), "__sentry-event"))
    if is_chance(random, 2):
        crumbs = b"".join(_packed(random) for _ in range(random.randrange(3)))
        parts.append(_part("__sentry-breadcrumb1", crumbs, "__sentry-breadcrumb1"))
    random.shuffle(parts)
    return _call(random, path, _form(parts), _FORM)


def _packed(random: Random) -> bytes:
    """MessagePack, which holds no integers beyond 64 bits."""
    tree = spoiled(random, orjson.loads(random.choice(event_sources())))
    try:
        data: bytes = msgspec.msgpack.encode(tree)
    except (OverflowError, UnicodeEncodeError, RecursionError):
        data = b"\x80"
    return damaged(random, data) if is_chance(random, 3) else data


def _unreal(random: Random) -> Call:
    files = {"CrashContext.runtime-xml": CONTEXT, "UE4Minidump.dmp": _dump(random)}
    if is_chance(random, 2):
        files["Game.log"] = b"x\n" * 50
        files["CrashContext.runtime-xml"] = damaged(random, CONTEXT)
    body = make_unreal_report(files, engine=random.choice((4, 5)))
    query = urlencode({"UserID": text(random)}, errors="replace")
    return _call(
        random, f"unreal/{PUBLIC_KEY}/", body, "application/octet-stream", query
    )


def _attachments(random: Random) -> Call:
    parts = [
        _part(f"file{number}", random.randbytes(20), text(random))
        for number in range(random.randrange(4))
    ]
    path = f"events/{random.choice(('a' * 32, 'x', '0' * 32))}/attachments/"
    return _call(random, path, _form(parts), _FORM)


def _cron(random: Random) -> Call:
    slug = quote(text(random) or "nightly", safe="", errors="replace")
    path = f"cron/{slug}/{PUBLIC_KEY}/"
    if is_chance(random, 2):
        _, body = item(random)
        return _call(random, path, body, "application/json")
    given = {"status": random.choice(_STATUSES)}
    for name in ("check_in_id", "environment", "duration"):
        if is_chance(random, 2):
            given[name] = text(random)
    query = urlencode(given, errors="replace")
    method = random.choice(("GET", "POST"))
    return Call(f"/api/1/{path}", (b"",), method=method, query=query)


def _telemetry(random: Random) -> Call:
    path = random.choice(("otlp/v1/traces", "integration/otlp/v1/logs"))
    span: Any = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}
    log: Any = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {}}]}]}]}
    if is_chance(random, 3):
        body = random.randbytes(random.randrange(60))
        return _call(random, path, body, "application/x-protobuf")
    body = dumped(spoiled(random, random.choice((span, log))))
    return _call(random, path, body, "application/json")


def _part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """A part of a form."""
    about = f'form-data; name="{name}"'
    if filename is not None:
        about += f'; filename="{filename}"'
    head = f"Content-Disposition: {about}\r\n\r\n".encode(errors="replace")
    return head + content + b"\r\n"


def _form(parts: list[bytes]) -> bytes:
    line = f"--{_BOUNDARY}".encode()
    return b"".join(line + b"\r\n" + part for part in parts) + line + b"--\r\n"


def _call(
    random: Random, path: str, body: bytes, content_type: str, query: str = _KEY
) -> Call:
    if is_chance(random, 8):
        body = damaged(random, body)
    if is_chance(random, 15):
        query = query.replace(_KEY, "sentry_key=x")
    if is_chance(random, 20):
        body = dumped(value(random))
    headers = (("Content-Type", content_type),)
    return Call(f"/api/1/{path}", (body,), query=query, headers=headers)


_MAKERS: tuple[Callable[[Random], Call], ...] = (
    _report,
    _report,
    _minidump,
    _minidump,
    _unreal,
    _attachments,
    _cron,
    _telemetry,
)
