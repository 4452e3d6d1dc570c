"""A request as a command: safe to paste, and with nothing brought back."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from issues.presentation.event import view_of
from tests.unit.events import event_of


def curl(**request: Any) -> str:
    found = view_of(event_of(request={"url": "https://x.example/a", **request})).request
    assert found is not None
    return found.curl


@pytest.mark.parametrize(
    "hostile",
    [
        "$(reboot)",
        "`id`",
        "'; rm -rf / #",
        "a\nb",
        "\\",
        "!!",
        "-o/etc/passwd",
        '"&|<>',
    ],
)
def test_a_shell_reads_each_argument_as_it_was_sent(hostile: str) -> None:
    words = shlex.split(curl(method="POST", headers={"X-A": hostile}, data=hostile))
    assert words[:3] == ["curl", "-X", "POST"]
    assert words[-3:] == ["--data-raw", hostile, "https://x.example/a"]
    assert f"X-A: {' '.join(hostile.splitlines())}" in words


def test_what_was_filtered_stays_filtered_and_readable() -> None:
    command = curl(
        query_string=[["token", "[Filtered]"], ["q", "a b&c"]],
        headers={"Authorization": "[Filtered]"},
        cookies={"sid": "[Filtered]"},
    )
    words = shlex.split(command)
    assert words[-1] == "https://x.example/a?token=[Filtered]&q=a%20b%26c"
    assert "--globoff" in words
    assert "Authorization: [Filtered]" in words
    assert "sid=[Filtered]" in words


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "-K/etc/passwd",
        "@x",
        "javascript:1",
        "https://",
        "http://a\u202e",
    ],
)
def test_there_is_no_command_for_what_is_no_web_address(url: str) -> None:
    found = view_of(event_of(request={"url": url})).request
    assert found is None or found.curl == ""


@pytest.mark.parametrize("name", ["@/etc/passwd", "X A", "a\nb", "x:"])
def test_what_is_no_header_is_left_out(name: str) -> None:
    assert "-H" not in curl(headers=[[name, "v"]])


def test_control_and_direction_marks_are_written_out() -> None:
    command = curl(headers={"X-A": "\x1b[201~\u202e"}, data="\x03")
    assert command.isprintable()
    assert "U+001B[201~U+202E" in command


def test_a_form_is_sent_as_a_form() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "--data-raw 'a=1&b=%C3%A9'" in curl(headers=headers, data={"a": 1, "b": "é"})


def test_a_head_request_waits_for_no_body() -> None:
    assert "--head" in curl(method="head")


def test_a_command_that_is_too_long_is_not_offered() -> None:
    assert curl(data="x" * 20_000) == ""
