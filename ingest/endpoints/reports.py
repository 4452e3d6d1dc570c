"""Reports that browsers send of themselves: about policies, certificates, networks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from ingest.answers import Refused
from ingest.endpoints.posted import Converted, Count, Parcel, Posted, invalid, parcel
from ingest.outcomes import UNKNOWN, Outcome
from ingest.reports import item_type_of

SECURITY_TYPES = frozenset(
    {
        "application/json",
        "application/csp-report",
        "application/expect-ct-report",
        "application/expect-ct-report+json",
        "application/expect-staple-report",
        "application/reports+json",
    }
)
NEL_TYPES = frozenset({"application/json", "application/reports+json"})

# A browser sends what it has gathered within a minute or so.
MAX_REPORTS = 100


def security(posted: Posted) -> Converted:
    """Each report as an event of its own, with what the address says of its release.

    Source: protocol, "Bodies of the special endpoints". Raises Refused.
    """
    query = posted.query()
    told = {
        name: query[name]
        for name in ("sentry_release", "sentry_environment")
        if query.get(name)
    }
    return _converted(posted.json(), told)


def nel(posted: Posted) -> Converted:
    """Each element of the list as an event of its own. Raises Refused."""
    return _converted(posted.json(), {}, only="nel")


def _converted(
    sent: object, headers: Mapping[str, str], only: str | None = None
) -> Converted:
    reports = sent if isinstance(sent, list) else [sent]
    if len(reports) > MAX_REPORTS:
        text = f"more than {MAX_REPORTS} reports"
        raise Refused(Outcome.TOO_LARGE, text, reason="reports")
    parcels: list[Parcel] = []
    counts: list[Count] = []
    for report in reports:
        kind = item_type_of(report)
        if kind is None or only not in (None, kind):
            counts.append(_uncounted(report))
        else:
            item = ({"type": kind, **headers}, orjson.dumps(report))
            parcels.append(parcel(uuid.uuid4().hex, [item]))
    if not parcels and any(count.outcome is Outcome.INVALID for count in counts):
        raise invalid("expected a report about security or the network", "report")
    return Converted(tuple(parcels), tuple(counts))


def _uncounted(report: Any) -> Count:
    """Browsers report more than errors, to the same address if they are told so."""
    if isinstance(report, dict) and isinstance(report.get("body"), dict):
        return Count(UNKNOWN, Outcome.UNSUPPORTED, "report_type")
    return Count("security", Outcome.INVALID, "report")
