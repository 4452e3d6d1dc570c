"""Check-ins of monitors by a plain request, as a shell script can make it."""

from __future__ import annotations

from typing import Any

import orjson

from ingest.endpoints.posted import Converted, Posted, invalid, parcel

STATUSES = ("in_progress", "ok", "error")
_MAX_SLUG_CHARACTERS = 200
_TEXTS = ("check_in_id", "environment")


def check_in(posted: Posted) -> Converted:
    """The check-in that the query tells, or the body where that is JSON.

    Source: protocol, "Bodies of the special endpoints". Raises Refused.
    """
    told = posted.json() if _has_json(posted) else _from_query(posted)
    if not isinstance(told, dict):
        raise invalid("bad check-in: expected a JSON object", "json")
    if told.get("status") not in STATUSES:
        expected = ", ".join(STATUSES)
        raise invalid(f"bad status: expected one of {expected}", "status")
    told["monitor_slug"] = posted.argument[:_MAX_SLUG_CHARACTERS]
    return Converted((parcel("", [({"type": "check_in"}, orjson.dumps(told))]),))


def _has_json(posted: Posted) -> bool:
    return posted.media_type.startswith("application/json") and bool(posted.body)


def _from_query(posted: Posted) -> dict[str, Any]:
    query = posted.query()
    told: dict[str, Any] = {"status": query.get("status")}
    told |= {name: query[name] for name in _TEXTS if query.get(name)}
    if query.get("duration"):
        try:
            told["duration"] = float(query["duration"])
        except ValueError:
            raise invalid("bad duration: expected seconds", "duration") from None
    return told
