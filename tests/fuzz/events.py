"""Payloads of events and of other items: those of real clients, spoiled."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import orjson

from ingest.body import BodyError, decompress, store_payload
from ingest.envelope import EnvelopeError, parse_envelope
from ingest.eventjson import decode_event
from tests.corpus import Recorded, recorded
from tests.fuzz.values import damaged, dumped, is_chance, spoiled

_MAX_BYTES = 2**20

# What the recorded clients do not send: native code, old shapes, rare fields.
_FRAME = {
    "filename": "a.c",
    "abs_path": "/src/a.c",
    "function": "f",
    "raw_function": "f(int)",
    "symbol": "_f",
    "module": "m",
    "package": "/usr/lib/libc.so.6",
    "platform": "native",
    "lineno": "7",
    "colno": 1,
    "pre_context": [None, "a"],
    "context_line": "b",
    "post_context": ["c", None],
    "in_app": None,
    "vars": ["a", {"b": [1]}],
    "data": {"orig_filename": "b.c"},
    "image_addr": "0x1000",
    "instruction_addr": 4096,
    "symbol_addr": "0x1000",
    "addr_mode": "rel:0",
    "function_id": "0x1",
    "trust": "cfi",
    "lock": {"type": 1, "address": "0x1"},
    "stack_start": True,
    "lang": "c",
    "source_link": "https://x",
}
_TRACE = {
    "frames": [_FRAME, {"function": "g", "filename": "g.py"}],
    "registers": {"rip": "0x1", "rax": 5},
    "lang": "c",
    "snapshot": True,
    "instruction_addr_adjustment": "auto",
}
_SEEDS: tuple[dict[str, Any], ...] = (
    {
        "platform": "native",
        "exception": {
            "values": [
                {
                    "type": "SIGSEGV",
                    "value": {"code": 1},
                    "module": "m",
                    "thread_id": 7,
                    "stacktrace": _TRACE,
                    "raw_stacktrace": _TRACE,
                    "mechanism": {
                        "type": "signalhandler",
                        "handled": None,
                        "synthetic": True,
                        "description": "d",
                        "help_link": "https://x",
                        "data": {"a": 1},
                        "meta": {
                            "signal": {"number": 11, "code": 0, "name": "SIGSEGV"},
                            "errno": {"number": 2},
                            "ns_error": {"code": -1, "domain": "d"},
                        },
                        "exception_id": 0,
                        "parent_id": None,
                        "source": "errors[0]",
                        "is_exception_group": True,
                    },
                }
            ],
            "mechanism": "onerror",
        },
        "threads": {
            "values": [
                {"id": 7, "name": "main", "crashed": True, "stacktrace": _TRACE},
                {
                    "id": "8",
                    "current": True,
                    "state": "wait",
                    "held_locks": {"0x1": {}},
                },
            ]
        },
        "debug_meta": {
            "images": [{"type": "elf", "debug_id": "x", "image_addr": "0x1"}],
            "sdk_info": {"sdk_name": "x"},
        },
    },
    {
        "event_id": "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0",
        "timestamp": "2026-11-23T12:00:00.123456789",
        "level": 40,
        "logger": "root",
        "platform": "php",
        "server_name": "web-1",
        "site": "s",
        "culprit": "c",
        "checksum": "a" * 32,
        "time_spent": 1,
        "modules": {"a": 1, "b": None},
        "tags": [["a", 1], ["b", None], ["my key", True], ["environment", "x"]],
        "message": "a %s b",
        "sentry.interfaces.Message": {"message": "a %s b", "params": ["x", {}]},
        "sentry.interfaces.Exception": [
            {"value": "Foo: bar", "sentry.interfaces.Stacktrace": _TRACE}
        ],
        "sentry.interfaces.Stacktrace": _TRACE,
        "sentry.interfaces.User": {"id": 1, "ip_address": "{{auto}}", "plan": "x"},
        "sentry.interfaces.Http": {
            "url": "http://a:b@c/d?e=f#g",
            "method": "post",
            "data": "a=b&c=d",
            "query_string": [["a", "b"], ["c", ["d", "e"]]],
            "cookies": "a=b; c",
            "headers": [["Cookie", "x=y"], ["Content-Type", "application/json"]],
            "env": {"REMOTE_ADDR": "1.2.3.4"},
            "fragment": "z",
            "api_target": "graphql",
            "body_size": "7",
        },
        "sentry.interfaces.Query": {"query": "SELECT 1", "engine": "x"},
        "sentry.interfaces.Template": {
            "filename": "a",
            "lineno": 7,
            "context_line": "x",
        },
        "sentry.interfaces.Breadcrumbs": [
            {"ts": 1, "ty": "http", "level": "warn", "data": {"a": {"b": 1}}}
        ],
        "extra": {"a": {"b": {"c": [1, 2]}}},
    },
    {
        "csp": {
            "document-uri": "https://x/",
            "violated-directive": "script-src 'self'",
            "blocked-uri": "https://y/z.js",
            "line-number": "7",
            "source-file": "a.js",
        }
    },
    {"expectct": {"hostname": "x", "port": 443, "scts": [{"version": 1}]}},
    {"hpkp": {"hostname": "x", "known-pins": ["a"]}},
    {
        "platform": "python",
        "type": "feedback",
        "release": "a@1+2",
        "dist": "x",
        "environment": "prod",
        "transaction": "/a/{id}",
        "transaction_info": {"source": "route"},
        "fingerprint": ["{{ default }}", 1, True, None, "{{ tags.a }}"],
        "logentry": {"message": "%(a)s {b}", "params": {"a": 1, "'b'": 2}},
        "contexts": {
            "os": {"name": "Linux", "version": "6"},
            "device": {"model": "x", "family": "y"},
            "runtime": {"name": "CPython", "version": 3},
            "browser": {"name": "Chrome"},
            "trace": {"trace_id": "a" * 32, "span_id": "b" * 16},
            "feedback": {"message": "hi", "contact_email": "a@b.c"},
            "flags": {"values": [{"flag": "x", "result": True}]},
        },
        "user": {"email": "a@b.c", "geo": {"city": "x"}, "data": {"a": 1}},
        "sdk": {
            "name": "x",
            "version": "1",
            "integrations": ["a", None],
            "packages": [{"name": "a", "version": "1"}, None],
            "features": ["f"],
            "settings": {"infer_ip": "never"},
        },
        "errors": [{"type": "x", "name": "y", "value": 1}],
        "_meta": {"message": {"": {"len": 5, "rem": [["!limit", "s", 0, 2]]}}},
    },
)
# Items of which the corpus has few or none, by type.
_ITEMS: tuple[tuple[str, Any], ...] = (
    (
        "user_report",
        {"event_id": "a" * 32, "name": "A", "email": "a@b", "comments": "x"},
    ),
    (
        "check_in",
        {
            "check_in_id": "0" * 32,
            "monitor_slug": "nightly",
            "status": "in_progress",
            "duration": 1.5,
            "environment": "prod",
            "monitor_config": {
                "schedule": {"type": "interval", "value": 1, "unit": "day"},
                "checkin_margin": 5,
                "max_runtime": 30,
                "timezone": "Europe/Vienna",
            },
        },
    ),
    (
        "check_in",
        {
            "monitor_slug": "nightly",
            "status": "ok",
            "monitor_config": {"schedule": {"type": "crontab", "value": "0 * * * *"}},
        },
    ),
    (
        "client_report",
        {
            "timestamp": 1795435200,
            "discarded_events": [
                {"reason": "before_send", "category": "error", "quantity": 2}
            ],
        },
    ),
    (
        "session",
        {
            "sid": "7c7b6585-f901-4351-bf8d-02711b721929",
            "did": "user",
            "init": True,
            "seq": 1,
            "started": "2026-11-23T12:00:00Z",
            "timestamp": "2026-11-23T12:00:01Z",
            "duration": 1.0,
            "status": "crashed",
            "errors": 1,
            "attrs": {"release": "a@1", "environment": "prod", "ip_address": "::1"},
        },
    ),
    (
        "sessions",
        {
            "aggregates": [
                {
                    "started": "2026-11-23T12:00:00Z",
                    "did": "u",
                    "exited": 3,
                    "crashed": 1,
                }
            ],
            "attrs": {"release": "a@1"},
        },
    ),
    ("security", {"csp-report": {"violated-directive": "img-src", "blocked-uri": "x"}}),
    ("nel", {"age": 1, "type": "network-error", "url": "https://x", "body": {}}),
    ("log", {"items": [{"timestamp": 1, "level": "info", "body": "x"}]}),
)


@cache
def event_sources() -> tuple[bytes, ...]:
    """Events as JSON that orjson reads."""
    found = [orjson.dumps(one, option=orjson.OPT_NON_STR_KEYS) for one in _SEEDS]
    for request in recorded():
        found += [data for kind, data in _payloads(request) if kind == "event"]
    return tuple(dict.fromkeys(found))


@cache
def item_sources() -> tuple[tuple[str, bytes], ...]:
    """(type, JSON) of items that are no events."""
    found = [(kind, orjson.dumps(tree)) for kind, tree in _ITEMS]
    for request in recorded():
        found += [pair for pair in _payloads(request) if pair[0] != "event"]
    return tuple(dict.fromkeys(found))


def _payloads(request: Recorded) -> list[tuple[str, bytes]]:
    """The request's items that are JSON objects, in orjson's spelling."""
    encoding = dict(request.headers).get("Content-Encoding", "")
    try:
        data = decompress(request.body, encoding, _MAX_BYTES)
        if request.expected["endpoint"] == "store":
            items = [("event", bytes(store_payload(data, _MAX_BYTES)))]
        else:
            parsed = parse_envelope(data).items
            items = [(item.type, bytes(item.payload)) for item in parsed]
        trees = [(kind, decode_event(payload)) for kind, payload in items]
    except (BodyError, EnvelopeError, ValueError):
        return []
    return [(kind, orjson.dumps(tree)) for kind, tree in trees if type(tree) is dict]


def event(random: Random) -> bytes:
    """An event's JSON: a real one after some changes, seldom no JSON at all."""
    return _spoiled(random, random.choice(event_sources()))


def item(random: Random) -> tuple[str, bytes]:
    """(type, JSON) of another item, spoiled likewise."""
    kind, source = random.choice(item_sources())
    return kind, _spoiled(random, source)


def _spoiled(random: Random, source: bytes) -> bytes:
    data = dumped(spoiled(random, orjson.loads(source)))
    return damaged(random, data) if is_chance(random, 12) else data
