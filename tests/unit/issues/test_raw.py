"""Traces as text, close to what each platform prints."""

from __future__ import annotations

from typing import Any

import pytest

from issues.presentation.raw import raw_of_chain, raw_of_trace
from tests.unit.events import event_of, frame

CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "python": ({"abs_path": "/srv/a.py"}, '  File "/srv/a.py", line 7, in work'),
    "node": ({"filename": "a.js", "colno": 3}, "    at work (a.js:7:3)"),
    "java": (
        {"module": "com.acme.Job", "filename": "Job.java"},
        "\tat com.acme.Job.work(Job.java:7)",
    ),
    "csharp": (
        {"module": "Acme.Job", "abs_path": "C:\\Job.cs"},
        "   at Acme.Job.work in C:\\Job.cs:line 7",
    ),
    "go": (
        {"module": "main", "abs_path": "/src/a.go"},
        "main.work(...)\n\t/src/a.go:7",
    ),
    "php": ({"abs_path": "/srv/a.php"}, "#0 /srv/a.php(7): work()"),
    "ruby": ({"abs_path": "/srv/a.rb"}, "\tfrom /srv/a.rb:7:in 'work'"),
    "rust": ({"abs_path": "/src/a.rs"}, "   0: work\n             at /src/a.rs:7"),
    "native": (
        {"package": "/lib/app", "instruction_addr": "0x1f", "filename": "a.c"},
        "0   app  0x1f  work (a.c:7)",
    ),
    "dart": ({"abs_path": "package:app/a.dart"}, "#0      work (package:app/a.dart:7)"),
}


def chain(platform: str, *exceptions: dict[str, Any]) -> str:
    event = event_of(platform=platform, exception=list(exceptions))
    return raw_of_chain(event["exception"]["values"], platform)


@pytest.mark.parametrize("platform", CALLS)
def test_a_frame_is_written_as_its_platform_does(platform: str) -> None:
    fields, line = CALLS[platform]
    event = event_of(
        platform=platform, stacktrace={"frames": [frame("work", **fields)]}
    )
    assert line in raw_of_trace(event["stacktrace"]["frames"], platform)


def test_python_begins_with_the_oldest_cause() -> None:
    cause = {
        "type": "KeyError",
        "value": "a",
        "mechanism": {"type": "c", "source": "__cause__"},
    }
    last = {"type": "ShopError", "value": "b", "module": "shop"}
    assert chain("python", cause, last) == (
        "KeyError: a\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "shop.ShopError: b"
    )


def test_java_ends_with_the_oldest_cause() -> None:
    cause = {"type": "IOException", "value": "a", "module": "java.io"}
    last = {"type": "JobFailed", "value": "b", "module": "com.acme"}
    assert chain("java", cause, last) == (
        "com.acme.JobFailed: b\nCaused by: java.io.IOException: a"
    )
