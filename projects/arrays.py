"""PostgreSQL arrays as text, for the parameters of the digest's statements.

A list handed to the driver passes through Python code for each of its elements and
becomes int2[] or int4[] by its numbers, each with a prepared statement of its own.
Text made by one join costs a fifth of it (measured, arrays of 200).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def of_numbers(numbers: Iterable[int]) -> str:
    """An array of any type of whole numbers."""
    return "{" + ",".join(map(str, numbers)) + "}"


def of_moments(moments: Iterable[datetime]) -> str:
    """An array of timestamptz; each moment says its zone."""
    return "{" + ",".join([moment.isoformat() for moment in moments]) + "}"


def of_hashes(hashes: Iterable[bytes]) -> str:
    """An array of uuid, from 16 bytes each."""
    return "{" + ",".join([one.hex() for one in hashes]) + "}"


def of_texts(texts: Iterable[str]) -> str:
    """An array of text, or of a type that is read from text: jsonb, other arrays."""
    return "{" + ",".join(map(_quoted, texts)) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
