"""Reports of browsers, as they were sent, as the payloads of events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.eventjson import clean_tree
from issues.csp import host_of

# The items that hold a report, or what an SDK has made of one.
REPORT_TYPES = frozenset({"raw_security", "security", "nel"})

# How each report of its own kind is wrapped, and what an event calls it.
_WRAPPERS = {
    "csp-report": "csp",
    "expect-ct-report": "expectct",
    "expect-staple-report": "expectstaple",
}
# What tells a report about pinned keys, which nothing is wrapped around.
_PINNING = frozenset({"known-pins", "noted-hostname", "validated-certificate-chain"})

# The types of the Reporting API that become events.
_ITEM_TYPES = {"csp-violation": "raw_security", "network-error": "nel"}

# A browser holds reports back for minutes, not for longer.
_MAX_AGE_S = 24 * 3600.0

Tree = dict[str, Any]


class NotAReport(ValueError):
    """The JSON is no report that anybody knows."""


def event_of_report(
    report: object, told: Mapping[str, Any], received_at: datetime
) -> Tree:
    """The payload of an event, to be normalised like any other.

    `told` are the item's headers, which may name release and environment. An event
    that an SDK has made of its report is left as it is. Raises NotAReport.
    Source: protocol, "Bodies of the special endpoints".
    """
    if not isinstance(report, dict):
        raise NotAReport("expected a JSON object")
    event = _event_of(report)
    if event is None:
        return report
    # It comes from a browser, and of itself.
    event["platform"] = "javascript"
    event["user"] = {"ip_address": "{{auto}}"}
    for name in ("release", "environment"):
        if told.get(f"sentry_{name}"):
            event[name] = clean_tree(told[f"sentry_{name}"])
    age_ms = report.get("age")
    if isinstance(age_ms, int | float) and 0 <= age_ms / 1000 <= _MAX_AGE_S:
        event["timestamp"] = received_at.timestamp() - age_ms / 1000
    return event


def item_type_of(report: object) -> str | None:
    """The type of item that holds the report, None for what becomes no event."""
    if not isinstance(report, dict):
        return None
    if isinstance(report.get("body"), dict):
        return _ITEM_TYPES.get(str(report.get("type")))
    is_wrapped = any(isinstance(report.get(name), dict) for name in _WRAPPERS)
    if is_wrapped or not _PINNING.isdisjoint(report):
        return "raw_security"
    return None


def _event_of(report: Tree) -> Tree | None:
    """None for what is an event already. Raises NotAReport."""
    for wrapper, name in _WRAPPERS.items():
        if isinstance(report.get(wrapper), dict):
            return _known(name, report[wrapper])
    if isinstance(report.get("body"), dict):
        return _of_reporting_api(report)
    if not _PINNING.isdisjoint(report):
        return _known("hpkp", report)
    if report.keys() & {"csp", "hpkp", "expectct", "expectstaple"}:
        return None
    raise NotAReport("expected a report of a browser")


def _known(name: str, report: Tree) -> Tree:
    needed = _csp_directive(report) if name == "csp" else report.get("hostname")
    if not isinstance(needed, str) or not needed:
        raise NotAReport("the report does not say what it is about")
    return {name: report}


def _csp_directive(report: Tree) -> Any:
    return next((report[name] for name in _DIRECTIVES if report.get(name)), None)


_DIRECTIVES = (
    "effective-directive",
    "violated-directive",
    "effectiveDirective",
    "violatedDirective",
)


def _of_reporting_api(report: Tree) -> Tree:
    body = report["body"]
    if report.get("type") == "network-error":
        return _network_error(report, body)
    event = _known("csp", {"documentURL": report.get("url"), **body})
    return event | _request(report, body)


def _network_error(report: Tree, body: Tree) -> Tree:
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        raise NotAReport("the report does not say what it is about")
    host = host_of(str(report.get("url") or ""))
    event = {
        "type": "nel",
        "logger": "nel",
        "level": "info" if kind == "ok" else "error",
        "logentry": {"formatted": f"Network error '{kind}' at '{host}'"},
        "fingerprint": ["nel", kind, host],
        "culprit": host,
        "contexts": {"nel": body},
    }
    return event | _request(report, body)


def _request(report: Tree, body: Tree) -> Tree:
    """The page that was looked at, and who looked."""
    told = (("User-Agent", report.get("user_agent")), ("Referer", body.get("referrer")))
    headers = [[name, value] for name, value in told if value]
    request = {"url": report.get("url"), "method": body.get("method")}
    return {"request": {**request, "headers": headers}}
