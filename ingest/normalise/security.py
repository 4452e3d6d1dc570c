"""Reports of browsers about security policies."""

from __future__ import annotations

from typing import Any, cast

from ingest.normalise import web
from ingest.normalise.fields import EXTRA, Notes, bag, integer, text
from issues import csp as blocked
from issues.event import Csp

KINDS = ("hpkp", "expectct", "expectstaple")

_SPELLINGS = {
    "documenturi": "document_uri",
    "documenturl": "document_uri",
    "blockeduri": "blocked_uri",
    "blockedurl": "blocked_uri",
    "effectivedirective": "effective_directive",
    "violateddirective": "violated_directive",
    "originalpolicy": "original_policy",
    "referrer": "referrer",
    "statuscode": "status_code",
    "sourcefile": "source_file",
    "linenumber": "line_number",
    "columnnumber": "column_number",
    "colnumber": "column_number",
    "scriptsample": "script_sample",
    "sample": "script_sample",
    "disposition": "disposition",
}
_NUMBERS = ("status_code", "line_number", "column_number")


def csp(value: object, notes: Notes) -> Csp | None:
    """The report in one spelling (dashes, underscores and camel case are taken).

    Without an effective directive the first word of the violated one is it;
    nothing blocked means ``self``.
    """
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong("csp", value)
        return None
    read: dict[str, Any] = {}
    for key, item in value.items():
        name = _SPELLINGS.get(key.replace("-", "").replace("_", "").lower())
        if name in _NUMBERS:
            read[name] = integer(item, notes, f"csp.{name}")
        elif name is not None:
            read[name] = text(item, 8192, notes, f"csp.{name}")
    violated = (read.get("violated_directive") or "").split(maxsplit=1)
    if not read.get("effective_directive") and violated:
        read["effective_directive"] = violated[0]
    read["blocked_uri"] = read.get("blocked_uri") or "self"
    if not read.get("effective_directive"):
        notes.wrong("csp", value, "missing_attribute")
        return None
    return cast("Csp", {k: item for k, item in read.items() if item is not None})


def describe(event: dict[str, Any], user_agent: str) -> None:
    """Message, logger and request of a report, which brings none of these."""
    if "csp" in event:
        report = event["csp"]
        kind, about = "csp", blocked.summary(report)
        page, referrer = report.get("document_uri"), report.get("referrer")
        tags = [
            ["effective-directive", report["effective_directive"]],
            ["blocked-uri", report["blocked_uri"]],
        ]
    else:
        kind, report = event["security"]["type"], event["security"]["report"]
        about = f"{_FAILURES[kind]} for '{report['hostname']}'"
        page, referrer = _origin(report), None
        tags = [["hostname", report["hostname"]]]
        event.setdefault("culprit", report["hostname"])
    event.setdefault("logger", kind)
    event["logentry"] = {"formatted": about}
    event["tags"] = event.get("tags", []) + tags
    headers = [["User-Agent", user_agent]] if user_agent else []
    if referrer:
        headers.append(["Referer", referrer])
    if "request" not in event:
        event["request"] = web.request({"url": page, "headers": headers}, Notes()) or {}


_FAILURES = {
    "hpkp": "Public key pins did not match",
    "expectct": "Certificate transparency failed",
    "expectstaple": "Certificate status was not stapled",
}


def _origin(report: dict[str, Any]) -> str:
    """The address that was to be reached."""
    scheme, port = report.get("scheme"), report.get("port")
    is_usual = port in (None, 443, "443")
    host = report["hostname"] if is_usual else f"{report['hostname']}:{port}"
    return f"{scheme if isinstance(scheme, str) else 'https'}://{host}/"


def other_report(value: object, kind: str, notes: Notes) -> dict[str, Any] | None:
    """A report about certificates or pins, as it came."""
    report = bag(value, EXTRA, notes, kind)
    if report is None:
        return None
    host = report.get("hostname")
    if not isinstance(host, str) or not host:
        notes.wrong(kind, value, "missing_attribute")
        return None
    return report
