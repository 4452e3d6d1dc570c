"""Which events a project's filters drop, and under which name."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.filters import reason_to_drop
from projects.rules import FilterRules
from tests.unit.events import error, event_of, frame

SENDER = "192.0.2.7"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/{} Safari/537.36"
)
IE11 = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def reason(payload: dict[str, Any], **rules: Any) -> str | None:
    return reason_to_drop(FilterRules(**rules), event_of(payload), SENDER)


def browsed(user_agent: str, **fields: Any) -> dict[str, Any]:
    request = {"headers": {"User-Agent": user_agent}}
    return {"platform": "javascript", "message": "x", "request": request, **fields}


def test_without_filters_everything_passes() -> None:
    assert reason(browsed(GOOGLE, release="1", environment="dev")) is None


@pytest.mark.parametrize(
    ("globs", "release", "is_dropped"),
    [
        (("shop@1.*",), "shop@1.2", True),
        (("SHOP@1.*",), "shop@1.2", True),
        (("shop@1.*",), "shop@2.0", False),
        (("shop",), "shop@2.0", False),
        (("a", "shop@?.0"), "shop@2.0", True),
        (("*",), "", False),
        (("*-dev[", "*-dev"), "2-dev", True),
    ],
)
def test_releases(globs: tuple[str, ...], release: str, is_dropped: bool) -> None:
    found = reason({"message": "x", "release": release}, releases=globs)
    assert found == ("release-version" if is_dropped else None)


def test_environments() -> None:
    rules: dict[str, Any] = {"environments": ("dev*", "test")}
    assert reason({"message": "x", "environment": "Dev-7"}, **rules) == "environment"
    assert reason({"message": "x", "environment": "production"}, **rules) is None
    assert reason({"message": "x"}, **rules) is None


@pytest.mark.parametrize(
    ("glob", "is_dropped"),
    [
        ("TypeError: x is undefined", True),
        ("typeerror*", True),
        ("*undefined*", True),
        ("undefined", False),
        ("Cause: *", False),
    ],
)
def test_messages_of_errors(glob: str, is_dropped: bool) -> None:
    values = [
        {"type": "Cause", "value": "deep"},
        {"type": "TypeError", "value": "x is undefined"},
    ]
    found = reason({"exception": {"values": values}}, messages=(glob,))
    assert found == ("error-message" if is_dropped else None)


def test_messages_of_messages_and_of_errors_without_a_value() -> None:
    payload = {"logentry": {"message": "order %s lost", "params": ["5"]}}
    assert reason(payload, messages=("order 5 *",)) == "error-message"
    assert reason({"exception": [{"type": "Halt"}]}, messages=("halt",)) is not None


@pytest.mark.parametrize(
    ("rules", "payload", "is_dropped"),
    [
        (("192.0.2.7",), {}, True),
        (("192.0.2.0/24",), {}, True),
        (("192.0.2.9/24",), {}, True),
        (("198.51.100.1",), {}, False),
        (("198.51.100.1",), {"user": {"ip_address": "198.51.100.1"}}, True),
        (("198.51.100.1",), {"user": {"ip_address": "::ffff:198.51.100.1"}}, True),
        (("2001:db8::/32",), {"user": {"ip_address": "2001:DB8:0::5"}}, True),
        (("10.0.0.1",), {"request": {"env": {"REMOTE_ADDR": "10.0.0.1"}}}, True),
        (("10.0.0.1",), {"request": {"env": {"REMOTE_ADDR": ["10.0.0.1"]}}}, False),
        (("nonsense", "192.0.2.7"), {}, True),
        (("nonsense",), {}, False),
    ],
)
def test_addresses(
    rules: tuple[str, ...], payload: dict[str, Any], is_dropped: bool
) -> None:
    found = reason({"message": "x", **payload}, addresses=rules)
    assert found == ("ip-address" if is_dropped else None)


@pytest.mark.parametrize(
    ("payload", "is_dropped"),
    [
        ({"request": {"url": "http://localhost:3000/a"}}, True),
        ({"request": {"url": "https://LOCALHOST/"}}, True),
        ({"request": {"url": "http://shop.localhost/"}}, True),
        ({"request": {"url": "http://127.0.0.1/"}}, True),
        ({"request": {"url": "http://[::1]:8000/"}}, True),
        ({"request": {"url": "http://0.0.0.0:8000/"}}, True),
        ({"user": {"ip_address": "127.0.0.1"}}, True),
        ({"user": {"ip_address": "::1"}}, True),
        ({"request": {"url": "https://localhost.example.com/"}}, False),
        ({"request": {"url": "http://[broken"}}, False),
        ({"request": {"url": "https://example.com/localhost"}}, False),
        ({}, False),
    ],
)
def test_localhost(payload: dict[str, Any], is_dropped: bool) -> None:
    found = reason({"message": "x", **payload}, localhost=True)
    assert found == ("localhost" if is_dropped else None)


def test_a_server_on_this_machine_is_no_localhost() -> None:
    event = event_of({"message": "x", "platform": "python"}, remote_ip="127.0.0.1")
    rules = FilterRules(localhost=True)
    assert reason_to_drop(rules, event, "127.0.0.1") is None


@pytest.mark.parametrize(
    ("file", "is_dropped"),
    [
        ("chrome-extension://abc/content.js", True),
        ("moz-extension://abc/content.js", True),
        ("safari-web-extension://abc/content.js", True),
        ("webkit-masked-url://hidden/", True),
        ("https://shop.example.com/app.js", False),
        ("https://shop.example.com/chrome-extension://x.js", False),
    ],
)
def test_scripts_of_browser_extensions(file: str, is_dropped: bool) -> None:
    page = frame("main", abs_path="https://shop.example.com/app.js")
    payload = error(page, frame("f", abs_path=file), frame("g", abs_path="<anonymous>"))
    payload["platform"] = "javascript"
    found = reason(payload, browser_extensions=True)
    assert found == ("browser-extensions" if is_dropped else None)


def test_an_extension_that_only_calls_the_page_is_not_to_blame() -> None:
    wrapper = frame("wrap", abs_path="chrome-extension://abc/content.js")
    page = frame("main", abs_path="https://shop.example.com/app.js")
    payload = {**error(wrapper, page), "platform": "javascript"}
    assert reason(payload, browser_extensions=True) is None


def test_known_texts_of_browser_extensions() -> None:
    known = {"type": "ReferenceError", "value": "conduitPage is not defined"}
    payload = {"exception": [known], "platform": "javascript"}
    assert reason(payload, browser_extensions=True) == "browser-extensions"
    on_a_server = {"exception": [known], "platform": "node"}
    assert reason(on_a_server, browser_extensions=True) is None


@pytest.mark.parametrize(
    ("user_agent", "is_dropped"),
    [
        (GOOGLE, True),
        ("Mozilla/5.0 (compatible; NewBot/1.0; +https://new.example/bot)", True),
        ("Mozilla/5.0 (Linux; Android 5.0) (compatible; Bytespider; x)", True),
        (CHROME.format("120.0"), False),
        (
            "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like"
            " Gecko) Chrome/120.0 Mobile Safari/537.36",
            False,
        ),
        ("", False),
    ],
)
def test_crawlers(user_agent: str, is_dropped: bool) -> None:
    found = reason(browsed(user_agent), web_crawlers=True)
    assert found == ("web-crawlers" if is_dropped else None)


@pytest.mark.parametrize(
    ("user_agent", "names", "is_dropped"),
    [
        (IE11, ("ie",), True),
        (IE11, ("ie11",), True),
        (IE11, ("ie10", "ie_pre_9"), False),
        (IE11, ("chrome", "safari"), False),
        (CHROME.format("110.0"), ("ie", "chrome"), True),
        (CHROME.format("111.0"), ("chrome",), False),
        ("python-requests/2.31", ("chrome",), False),
        (IE11, ("unheard-of",), False),
    ],
)
def test_legacy_browsers(
    user_agent: str, names: tuple[str, ...], is_dropped: bool
) -> None:
    found = reason(browsed(user_agent), legacy_browsers=names)
    assert found == ("legacy-browsers" if is_dropped else None)


@pytest.mark.parametrize(
    ("payload", "is_dropped"),
    [
        ({"transaction": "GET /healthz"}, True),
        ({"transaction": "/api/ready/"}, True),
        ({"transaction": "shop.views.HealthCheck"}, True),
        ({"transaction": "heartbeat"}, True),
        ({"transaction": "ping"}, False),
        ({"transaction": "/health/insurance"}, False),
        ({"transaction": "/pingpong"}, False),
        ({"request": {"url": "https://shop.example.com/up?x=1"}}, True),
        ({"request": {"url": "https://shop.example.com/_health"}}, True),
        ({"request": {"url": "https://live/"}}, False),
        ({"request": {"url": "http://[/live"}}, False),
        ({}, False),
    ],
)
def test_health_checks(payload: dict[str, Any], is_dropped: bool) -> None:
    found = reason({"message": "x", **payload}, health_checks=True)
    assert found == ("health-check" if is_dropped else None)
