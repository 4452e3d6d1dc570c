"""What outcomes, reasons and categories mean, in words for those who send."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _

from ingest.outcomes import Outcome
from ingest.reasons import WORDS, Text, Words


class Group(StrEnum):
    """Outcomes that mean the same to whoever sends; graphs show these."""

    ACCEPTED = "accepted"
    COUNTED = "counted"
    FILTERED = "filtered"
    LIMITED = "limited"
    REFUSED = "refused"
    DISCARDED = "discarded"


GROUP_OF: Final = {
    Outcome.ACCEPTED: Group.ACCEPTED,
    Outcome.UNSUPPORTED: Group.COUNTED,
    Outcome.DUPLICATE: Group.COUNTED,
    Outcome.FILTERED: Group.FILTERED,
    Outcome.RATE_LIMITED: Group.LIMITED,
    Outcome.OVERLOADED: Group.LIMITED,
    Outcome.INVALID: Group.REFUSED,
    Outcome.TOO_LARGE: Group.REFUSED,
    Outcome.SET_ASIDE: Group.REFUSED,
    Outcome.UNAUTHENTICATED: Group.REFUSED,
    Outcome.REJECTED: Group.REFUSED,
    Outcome.UNROUTED: Group.REFUSED,
    Outcome.CLIENT_DISCARD: Group.DISCARDED,
}

GROUP_NAMES: Final[dict[Group, Text]] = {
    Group.ACCEPTED: _("Accepted"),
    Group.COUNTED: _("Counted, not kept"),
    Group.FILTERED: _("Filtered"),
    Group.LIMITED: _("Limited"),
    Group.REFUSED: _("Refused"),
    Group.DISCARDED: _("Dropped by the SDK"),
}

OUTCOME_NAMES: Final[dict[Outcome, Text]] = {
    Outcome.ACCEPTED: _("Accepted"),
    Outcome.UNSUPPORTED: _("Counted, not kept"),
    Outcome.DUPLICATE: _("Sent twice"),
    Outcome.FILTERED: _("Filtered"),
    Outcome.CLIENT_DISCARD: _("Dropped by the SDK"),
    Outcome.INVALID: _("Invalid"),
    Outcome.SET_ASIDE: _("Set aside"),
    Outcome.TOO_LARGE: _("Too large"),
    Outcome.RATE_LIMITED: _("Rate limited"),
    Outcome.UNAUTHENTICATED: _("No credentials"),
    Outcome.REJECTED: _("Key refused"),
    Outcome.UNROUTED: _("No such address"),
    Outcome.OVERLOADED: _("Service overloaded"),
}

CATEGORY_NAMES: Final[dict[str, Text]] = {
    "error": _("Errors"),
    "default": _("Messages"),
    "security": _("Security reports"),
    "attachment": _("Attachments"),
    "session": _("Sessions"),
    "feedback": _("User feedback"),
    "monitor": _("Check-ins"),
    "internal": _("Client reports"),
    "transaction": _("Transactions"),
    "span": _("Spans"),
    "log_item": _("Logs"),
    "log_byte": _("Bytes of logs"),
    "trace_metric": _("Metrics"),
    "metric_bucket": _("Metrics of older SDKs"),
    "profile": _("Profiles"),
    "profile_chunk": _("Continuous profiles"),
    "profile_chunk_ui": _("Continuous profiles of user interfaces"),
    "replay": _("Session replays"),
    "unknown": _("Not told apart"),
}


# The words of an outcome with any other reason than those in WORDS.
IN_GENERAL: Final[dict[Outcome, Words]] = {
    Outcome.ACCEPTED: Words(_("Taken in and stored.")),
    Outcome.UNSUPPORTED: Words(
        _("Taken in and counted. This service does not keep this kind of data."),
        _("Switch it off in the SDK to save the traffic."),
    ),
    Outcome.DUPLICATE: Words(
        _("An event with the same id is stored already; the copy was left out."),
        _("SDKs and proxies send again when an answer was lost: nothing is missing."),
    ),
    Outcome.FILTERED: Words(
        _("A filter of the project matched."),
        _("Change the project's inbound filters if it should be kept."),
    ),
    Outcome.CLIENT_DISCARD: Words(
        _("The SDK or the application dropped it for this reason of its own."),
    ),
    Outcome.INVALID: Words(
        _("It could not be read."),
        _("Update the SDK; look for a proxy that changes requests."),
    ),
    Outcome.SET_ASIDE: Words(
        _("It was taken in, but could not be stored in several tries."),
        _("An admin can inspect what was set aside, try it again or drop it."),
    ),
    Outcome.TOO_LARGE: Words(
        _("It was larger than this service allows."),
        _("Send less with each event, or ask the operator to raise the limits."),
    ),
    Outcome.RATE_LIMITED: Words(
        _("A rate limit was reached; SDKs are told to wait."),
        _("Raise the limit, or send less."),
    ),
    Outcome.UNAUTHENTICATED: Words(_("The request named no key.")),
    Outcome.REJECTED: Words(_("The request's key does not open this project.")),
    Outcome.UNROUTED: Words(_("The service has no such address.")),
    Outcome.OVERLOADED: Words(
        _("The service could not take it just then, and said when to try again."),
        _("Ask the operator to look at the service's health and backlog."),
    ),
}


def words_for(outcome: Outcome, reason: str) -> Words:
    return WORDS.get((outcome, reason), IN_GENERAL[outcome])


def category_name(category: str) -> Text:
    """What people call the category, else the word that the SDK has sent for it."""
    return CATEGORY_NAMES.get(category, category)
