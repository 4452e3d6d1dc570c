"""Puts entries into the stream, as the edge does."""

from __future__ import annotations

import asyncio

from django.conf import settings

from ingest.append import Appender
from ingest.stream import Entry
from ingest.valkey import Valkey


def append(*entries: Entry) -> None:
    async def append_all() -> None:
        edge = Valkey(settings.REDIS_URL)
        for entry in entries:
            await Appender(edge).append(entry)
        await edge.close()

    asyncio.run(append_all())
