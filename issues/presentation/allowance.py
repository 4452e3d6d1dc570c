"""How much of an event a page shows: what is left of it while the page is made.

An event may hold a megabyte in any of its fields. Whatever it holds, a page of it stays
near 100 KB compressed: what tells most is written first, and when the allowance is used
up the rest is left to the event's JSON.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from issues.highlight import PATIENCE_S, Token, highlight

# Of a trace: source and variables of some forty frames with everything that SDKs send.
TRACE_CHARS = 90_000
# Of everything else together: breadcrumbs, request, contexts, additional data.
DETAIL_CHARS = 45_000
# Frames in all traces of the page; each trace shows a few, whatever is left.
_FRAMES = 240
# What the markup around a row costs.
_ROW_CHARS = 60


class Allowance:
    """The characters, frames and colours that a page may still spend."""

    def __init__(self, characters: int = TRACE_CHARS) -> None:
        self._characters = characters
        self._frames = _FRAMES
        self._patience_s = 2 * PATIENCE_S

    @property
    def is_used_up(self) -> bool:
        return self._characters <= 0

    def spend(self, *texts: str) -> None:
        """Takes off what a row with these texts costs."""
        self._characters -= sum(map(len, texts)) + _ROW_CHARS

    def frames(self, most: int, least: int) -> int:
        """How many frames a trace may show; takes them off."""
        given = max(least, min(most, self._frames))
        self._frames -= given
        return given

    def coloured(
        self, lines: Sequence[str], *, filename: str, platform: str
    ) -> list[list[Token]]:
        """The tokens of source, without colours once too much time went into them."""
        if self._patience_s <= 0:
            return [[(line, "")] for line in lines]
        began = time.thread_time()
        tokens = highlight(
            lines, filename=filename, platform=platform, patience_s=self._patience_s
        )
        self._patience_s -= time.thread_time() - began
        return tokens
