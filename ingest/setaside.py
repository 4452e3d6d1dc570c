"""What an operator does with entries that were set aside: try again, or drop."""

from __future__ import annotations

import structlog
from django.db import transaction

from ingest.append import append_once
from ingest.models import PoisonEntry
from ingest.outcomes import Outcome
from ingest.poison import entry_of, place_of
from ingest.tally import Tally

log = structlog.get_logger(__name__)

# The reason under which a dropped entry is counted as invalid.
DROPPED = "dropped"


def retry(pk: int) -> bool:
    """Appends the entry to its stream again, once, whoever dies meanwhile.

    False if it is not set aside (any more). Raises redis.RedisError, and then it
    still is.
    """
    with transaction.atomic():
        aside = _locked(pk)
        if aside is None:
            return False
        append_once(entry_of(aside), f"{aside.pk}:{aside.created_at.timestamp()}")
        tally = Tally()
        tally.add(place_of(aside, Outcome.SET_ASIDE), -1)
        tally.write()
        aside.delete()
    log.info("entry is tried again", entry=pk, event_id=aside.event_id)
    return True


def drop(pk: int) -> bool:
    """Deletes the entry, and counts it as invalid; False if it is not set aside."""
    with transaction.atomic():
        aside = _locked(pk)
        if aside is None:
            return False
        tally = Tally()
        tally.add(place_of(aside, Outcome.SET_ASIDE), -1)
        place = place_of(aside, Outcome.INVALID, DROPPED)
        tally.add(place)
        if aside.event_id:
            tally.remember(place, aside.event_id, aside.received_at)
        tally.write()
        aside.delete()
    log.info("entry is dropped", entry=pk, event_id=aside.event_id)
    return True


def _locked(pk: int) -> PoisonEntry | None:
    return PoisonEntry.objects.select_for_update().filter(pk=pk).first()
