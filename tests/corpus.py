"""The corpus of real client requests: the full one, or the copy of some of them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent
PLACES = (_ROOT.parent / "shared" / "corpus", _ROOT / "tests" / "payloads")
# What every request of the corpus was sent with.
PUBLIC_KEY = "0123456789abcdef0123456789abcdef"
PROJECT_ID = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it was recorded, and what a server must get out of it."""

    file: str
    target: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    # Sizes of the pieces in which the body came, where it was sent in chunks.
    chunks: tuple[int, ...]
    expected: dict[str, Any]


@cache
def recorded() -> tuple[Recorded, ...]:
    folder = next(place for place in PLACES if (place / "index.jsonl").exists())
    lines = (folder / "index.jsonl").read_text().splitlines()
    return tuple(_read(folder, json.loads(line)) for line in lines)


def _read(folder: Path, expected: dict[str, Any]) -> Recorded:
    request = json.loads((folder / expected["file"]).read_text())["request"]
    return Recorded(
        file=expected["file"],
        target=request["target"],
        method=request["method"],
        headers=tuple((name, value) for name, value in request["headers"]),
        body=base64.b64decode(request["body_base64"] or ""),
        chunks=tuple(request.get("chunks") or ()),
        expected=expected,
    )
