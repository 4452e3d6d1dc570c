"""Writes a large envelope as it goes: what it holds is never in memory as a whole."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ingest.body import GZIP, fast_zlib
from ingest.endpoints.posted import Parcel
from ingest.gate import Submission
from ingest.outcomes import category_of


class Packing:
    """An envelope with an event id, compressed on its way into memory.

    What comes of a crash is one event, whichever items tell of it.
    """

    def __init__(self, event_id: str, *, is_crash: bool) -> None:
        self._event_id = event_id
        self._is_crash = is_crash
        self._types: list[str] = []
        self._packed = io.BytesIO()
        self._encoder = fast_zlib.compressobj(1, fast_zlib.DEFLATED, GZIP)
        self._write_json({"event_id": event_id})

    def add(
        self, headers: Mapping[str, Any], size: int, payload: Iterable[bytes]
    ) -> None:
        """Adds an item whose payload is of exactly `size` bytes."""
        self._types.append(headers["type"])
        self._write_json({**headers, "length": size})
        for part in payload:
            self._write(part)
        self._write(b"\n")

    def finish(self) -> Parcel:
        self._packed.write(self._encoder.flush())
        counted = Counter(map(category_of, self._types))
        if self._is_crash:
            counted[category_of("event")] = 1
        submission = Submission(
            kind="envelope",
            event_id=self._event_id,
            has_event=self._is_crash,
            counted=counted,
        )
        return Parcel(submission, self._packed.getvalue(), "gzip")

    def _write_json(self, headers: Mapping[str, Any]) -> None:
        self._write(json.dumps(headers).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        self._packed.write(self._encoder.compress(data))
