"""The batch that each shard stored last: a redelivery of it must change nothing.

A batch is acknowledged after its commit and before the next one begins. So whoever
finds entries that were read and never acknowledged can tell from this one row which
of them have taken effect, also those that no event id tells apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.models import CommittedBatch
from ingest.stream import Entry, weight_of
from issues import sql


def remember(shard: int, entries: Sequence[Entry]) -> None:
    """To be called in the transaction that stores the entries."""
    ids = [entry.stream_id for entry in entries]
    sql.run_often(_REMEMBER, shard, ids, [weight_of(entry.body) for entry in entries])


def last(shard: int) -> list[tuple[str, int]]:
    """Stream id and weight of each entry of the batch that was committed last."""
    batch = CommittedBatch.objects.filter(shard=shard).first()
    if batch is None:
        return []
    return list(zip(batch.stream_ids, batch.weights, strict=True))


_REMEMBER = """
INSERT INTO ingest_committedbatch (shard, stream_ids, weights)
VALUES (%s, %s::text[], %s::int4[])
ON CONFLICT (shard) DO UPDATE
SET stream_ids = EXCLUDED.stream_ids, weights = EXCLUDED.weights
"""
