"""Our outcomes under the names that clients of Sentry's API know.

They know accepted, filtered, rate_limited, invalid, client_discard, abuse and
cardinality_limited, and fail or leave out what has another name. What is told apart
here and not there keeps its name in the reason. All events are errors to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ingest.outcomes import EVENT_CATEGORIES, Outcome

_NAMES: Final = {
    Outcome.ACCEPTED: "accepted",
    Outcome.UNSUPPORTED: "filtered",
    Outcome.DUPLICATE: "invalid",
    Outcome.FILTERED: "filtered",
    Outcome.CLIENT_DISCARD: "client_discard",
    Outcome.INVALID: "invalid",
    Outcome.SET_ASIDE: "invalid",
    Outcome.TOO_LARGE: "invalid",
    Outcome.RATE_LIMITED: "rate_limited",
    Outcome.UNAUTHENTICATED: "invalid",
    Outcome.REJECTED: "invalid",
    Outcome.UNROUTED: "invalid",
    Outcome.OVERLOADED: "rate_limited",
}


def api_outcome(outcome: Outcome) -> str:
    return _NAMES[outcome]


def api_reason(outcome: Outcome, reason: str) -> str:
    """The reason, with our outcome before it where the API's says less."""
    if _NAMES[outcome] == outcome:
        return reason
    return f"{outcome}:{reason}" if reason else str(outcome)


def outcomes_named(names: Iterable[str]) -> set[Outcome]:
    """Those that the API's names, or our own, mean; none for a name of neither."""
    wanted = set(names)
    return {outcome for outcome in Outcome if wanted & {outcome.value, _NAMES[outcome]}}


def api_category(category: str) -> str:
    return "error" if category in EVENT_CATEGORIES else category


def categories_named(names: Iterable[str]) -> set[str]:
    wanted = set(names)
    return wanted | EVENT_CATEGORIES if "error" in wanted else wanted
