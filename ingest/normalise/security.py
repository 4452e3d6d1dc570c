"""Reports of browsers about security policies."""

from __future__ import annotations

from typing import Any, cast

from ingest.normalise.fields import EXTRA, Notes, bag, integer, text
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
