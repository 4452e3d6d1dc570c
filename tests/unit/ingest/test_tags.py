"""Tags that follow from an event, and who its user is."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.tags import tags_of, user_identity
from tests.unit.events import error, event_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
)


def tags(**fields: Any) -> dict[str, str]:
    return dict(tags_of(event_of(fields)))


def test_fields_become_tags() -> None:
    fields = {
        "level": "warning",
        "logger": "shop",
        "server_name": "web-1",
        "site": "eu",
        "environment": "prod",
        "release": "shop@1",
        "dist": "7",
        "transaction": "/pay",
    }
    assert tags(**fields) == fields


def test_there_is_no_tag_for_the_user() -> None:
    assert tags(user={"id": 7}) == {"level": "error"}


def test_tags_of_the_sdk_win() -> None:
    found = tags_of(event_of(tags=[["level", "own"], ["a", "1"]], level="error"))
    assert found == [("level", "own"), ("a", "1")]


def test_values_are_one_line_of_200_characters() -> None:
    url = "https://x.org/" + "a" * 500
    shown = tags(request={"url": url}, server_name="a\nb")
    assert len(shown["url"]) == 200
    assert shown["url"].endswith("...")
    assert shown["server_name"] == "a b"


def test_errors_within_a_monitored_job_name_its_monitor() -> None:
    contexts = {"monitor": {"slug": "nightly"}}
    assert tags(contexts=contexts)["monitor.slug"] == "nightly"


@pytest.mark.parametrize(("handled", "shown"), [(True, "yes"), (False, "no")])
def test_the_mechanism_tells_whether_it_was_handled(handled: bool, shown: str) -> None:
    payload = error(mechanism={"type": "onerror", "handled": handled})
    found = dict(tags_of(event_of(payload)))
    assert (found["mechanism"], found["handled"]) == ("onerror", shown)


def test_a_chain_is_unhandled_if_one_of_it_is() -> None:
    caught = {"type": "generic", "handled": True}
    uncaught = {"type": "onuncaughtexception", "handled": False}
    chain = [{"type": "A", "mechanism": uncaught}, {"type": "B", "mechanism": caught}]
    found = tags(exception=chain)
    assert (found["mechanism"], found["handled"]) == ("onuncaughtexception", "no")


def test_contexts_tell_runtime_system_browser_and_device() -> None:
    found = tags(
        contexts={
            "runtime": {"name": "CPython", "version": "3.13.0"},
            "os": {"name": "Debian", "version": "12.11\n"},
            "browser": {"name": "Chrome"},
            "device": {"model": "Pixel 9", "family": "Pixel"},
            "trace": {"name": "x"},
        }
    )
    assert found == {
        "level": "error",
        "runtime": "CPython 3.13.0",
        "runtime.name": "CPython",
        "os": "Debian 12.11",
        "os.name": "Debian",
        "browser": "Chrome",
        "browser.name": "Chrome",
        "device": "Pixel 9",
        "device.family": "Pixel",
    }


def test_the_header_tells_browser_system_and_device() -> None:
    request = {"headers": {"user-agent": CHROME}}
    found = tags(platform="javascript", request=request)
    assert (found["browser"], found["browser.name"]) == ("Chrome 142", "Chrome")
    assert (found["os"], found["os.name"]) == ("Windows 10", "Windows")
    phone = tags(platform="javascript", request={"headers": [["User-Agent", IPHONE]]})
    assert (phone["browser"], phone["device"]) == ("Mobile Safari 17", "iPhone")


def test_on_a_server_the_system_is_not_the_browsers() -> None:
    found = tags(platform="python", request={"headers": {"User-Agent": CHROME}})
    assert found["browser"] == "Chrome 142"
    assert "os" not in found


def test_a_context_wins_over_the_header() -> None:
    found = tags(
        platform="javascript",
        contexts={"browser": {"name": "Own", "version": "1"}},
        request={"headers": {"User-Agent": CHROME}},
    )
    assert (found["browser"], found["browser.name"]) == ("Own 1", "Own")


def test_odd_contexts_are_no_tags() -> None:
    assert tags(contexts={"os": {"name": 7}, "device": {"model": []}}) == {
        "level": "error"
    }


@pytest.mark.parametrize(
    ("user", "identity"),
    [
        ({"id": 7, "email": "a@b.c"}, "id:7"),
        ({"email": "a@b.c", "username": "a"}, "email:a@b.c"),
        ({"username": "a", "ip_address": "192.0.2.1"}, "username:a"),
        ({"ip_address": "192.0.2.1"}, "ip:192.0.2.1"),
        ({"name": "A"}, None),
        (None, None),
    ],
)
def test_a_user_is_known_by_the_first_that_is_there(
    user: object, identity: str | None
) -> None:
    assert user_identity(event_of(user=user)) == identity
