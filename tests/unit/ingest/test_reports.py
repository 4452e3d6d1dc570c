"""Reports of browsers become events that say what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.eventjson import decode_event
from ingest.normalise import normalise
from ingest.reports import NotAReport, event_of_report
from ingest.tags import tags_of
from issues.event import Event
from issues.grouping import group
from issues.titles import Description, describe
from tests.corpus import recorded

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOLD = {"sentry_release": "1.2.3", "sentry_environment": "production"}


def event_of(report: object, told: dict[str, Any] | None = None) -> Event:
    return normalise(
        event_of_report(report, told or {}, AT),
        received_at=AT,
        sent_at=None,
        event_id="f" * 32,
        client="",
        remote_ip="192.0.2.7",
        user_agent=FIREFOX,
    )


def described(report: object) -> Description:
    return describe(event_of(report))


def csp(**fields: Any) -> dict[str, Any]:
    report = {
        "document-uri": "https://shop.example.com/cart?x=1",
        "referrer": "https://search.example.com/",
        "violated-directive": "script-src 'self'",
        "effective-directive": "script-src",
        "blocked-uri": "https://cdn.example.net/evil.js",
    }
    return {"csp-report": {**report, **fields}}


def test_a_policy_report_tells_page_sender_and_release() -> None:
    event = event_of(csp(), TOLD)
    assert (event["type"], event["logger"]) == ("csp", "csp")
    assert (event["release"], event["environment"]) == ("1.2.3", "production")
    assert event["user"] == {"ip_address": "192.0.2.7"}
    request = event["request"]
    assert request["url"] == "https://shop.example.com/cart"
    assert ["User-Agent", FIREFOX] in request["headers"]
    assert ["Referer", "https://search.example.com/"] in request["headers"]
    tags = dict(tags_of(event))
    assert tags["effective-directive"] == "script-src"
    assert tags["blocked-uri"] == "https://cdn.example.net/evil.js"
    assert tags["browser.name"] == "Firefox"


@pytest.mark.parametrize(
    ("blocked", "title"),
    [
        ("https://cdn.example.net/evil.js", "Blocked 'script' from 'cdn.example.net'"),
        ("inline", "Blocked inline 'script'"),
        ("eval", "Blocked eval 'script'"),
        ("data", "Blocked 'script' from 'data'"),
        ("", "Blocked 'script' from the page's own site"),
        ("https://shop.example.com/a.js", "Blocked 'script' from the page's own site"),
    ],
)
def test_a_policy_reports_title_names_what_was_blocked(
    blocked: str, title: str
) -> None:
    shown = described(csp(**{"blocked-uri": blocked}))
    assert (shown.title, shown.culprit) == (title, "script-src")


def test_a_report_of_the_reporting_api_is_the_same_report() -> None:
    report = {
        "type": "csp-violation",
        "age": 5000,
        "url": "https://shop.example.com/cart",
        "user_agent": "another agent",
        "body": {
            "documentURL": "https://shop.example.com/cart",
            "blockedURL": "https://cdn.example.net/evil.js",
            "effectiveDirective": "script-src",
            "lineNumber": 7,
        },
    }
    event = event_of(report)
    assert describe(event).title == described(csp()).title
    assert group(event).hashes == group(event_of(csp())).hashes
    assert event["timestamp"] == AT.timestamp() - 5
    assert ["User-Agent", "another agent"] in event["request"]["headers"]


CERTIFICATES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"expect-ct-report": {"hostname": "shop.example.com", "port": 443}},
        "expectct",
        "Certificate transparency failed for 'shop.example.com'",
    ),
    (
        {"expect-staple-report": {"hostname": "shop.example.com", "port": 8443}},
        "expectstaple",
        "Certificate status was not stapled for 'shop.example.com'",
    ),
    (
        {"hostname": "shop.example.com", "known-pins": ["x"], "port": 443},
        "hpkp",
        "Public key pins did not match for 'shop.example.com'",
    ),
]


@pytest.mark.parametrize(("report", "kind", "title"), CERTIFICATES)
def test_a_report_about_certificates_names_its_host(
    report: dict[str, Any], kind: str, title: str
) -> None:
    event = event_of(report, TOLD)
    shown = describe(event)
    assert (shown.kind, shown.title, shown.culprit) == (kind, title, "shop.example.com")
    assert (event["logger"], event["release"]) == (kind, "1.2.3")
    assert event["request"]["url"].startswith("https://shop.example.com")
    assert event["user"] == {"ip_address": "192.0.2.7"}
    assert dict(tags_of(event))["hostname"] == "shop.example.com"


def test_a_network_error_names_its_kind_and_host() -> None:
    report = {
        "type": "network-error",
        "age": 1000,
        "url": "https://www.example.com/cart",
        "body": {"type": "tcp.timed_out", "phase": "connection", "method": "GET"},
    }
    event = event_of(report)
    shown = describe(event)
    assert (shown.kind, shown.culprit) == ("nel", "example.com")
    assert shown.title == "Network error 'tcp.timed_out' at 'example.com'"
    assert (event["request"]["method"], event["level"]) == ("GET", "error")
    assert event["contexts"]["nel"]["phase"] == "connection"
    other = {**report, "url": "https://example.org/"}
    assert group(event).hashes != group(event_of(other)).hashes


def test_an_event_that_an_sdk_made_of_a_report_is_taken_as_it_is() -> None:
    event = event_of({"csp": csp()["csp-report"], "platform": "ruby"})
    assert (event["type"], event["platform"]) == ("csp", "ruby")


@pytest.mark.parametrize(
    "report",
    [
        [],
        "x",
        {},
        {"a": 1},
        {"csp-report": {"document-uri": "x"}},
        {"csp-report": {"effective-directive": 7}},
        {"expect-ct-report": {"port": 1}},
        {"known-pins": []},
        {"type": "network-error", "body": {}},
        {"type": "csp-violation", "body": {"blockedURL": "x"}},
    ],
)
def test_what_says_nothing_is_refused(report: object) -> None:
    with pytest.raises(NotAReport):
        event_of_report(report, {}, AT)


def test_odd_values_make_no_errors() -> None:
    odd: list[Any] = [None, 7, [], {}, "x", {"a": []}, 1e300, float("nan")]
    for value in odd:
        report = csp(**{"document-uri": value, "referrer": value, "line-number": value})
        event_of({**report, "age": value}, {"sentry_release": value})
        body = {"type": "x", "method": value, "referrer": value}
        event_of({"type": "network-error", "url": value, "age": value, "body": body})
        event_of({"hostname": "x", "known-pins": value, "port": value, "scheme": value})


def test_a_release_out_of_the_address_holds_nothing_that_cannot_be_stored() -> None:
    event = event_of(csp(), {"sentry_release": "1\0.2\ud800"})
    assert event["release"] == "1.2\ufffd"


def test_recorded_reports_name_what_the_browser_blocked() -> None:
    for one in recorded():
        if one.expected["endpoint"] != "security":
            continue
        sent = decode_event(one.body)
        reports = sent if isinstance(sent, list) else [sent]
        for report, told in zip(reports, one.expected["reports"], strict=True):
            found = event_of(report)["csp"]
            assert found["effective_directive"] == told["directive"]
            assert found["blocked_uri"] == told["blocked"]
