"""Decodes the JSON body of an event, as leniently as SDKs need it.

Most bodies have the usual shape, or pass orjson at once. Some Python clients write
NaN and Infinity, some cut a string in the middle of a surrogate pair or hold bytes
that are no UTF-8: those take the slow path.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from ingest.wellformed import well_formed

NESTING_MAX = 200
"""What lies deeper is dropped: orjson writes no more than 254 levels."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = range(-(2**63), 2**64)


def decode_event(data: bytes) -> object:
    """The decoded tree, without NUL, lone surrogates or not-a-number.

    PostgreSQL stores none of these. NUL is dropped, a lone surrogate becomes
    U+FFFD, NaN and the infinities become null. Raises ValueError when the body
    is no JSON at all or is nested more than about 1,000 levels deep.
    """
    try:
        tree: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return clean_tree(_decode_leniently(data))
    # The escape is how a NUL must be written in JSON; searched from the end it is
    # found twice as fast, because its first character is the rare one.
    return clean_tree(tree) if data.rfind(b"\\u0000") >= 0 else tree


def read_event(data: bytes) -> object:
    """The decoded event, by its usual shape if it has it (``ingest.wellformed``)."""
    usual = well_formed(data)
    return decode_event(data) if usual is None else usual


def _decode_leniently(data: bytes) -> object:
    text = data.decode("utf-8-sig", "replace")
    try:
        tree: object = json.loads(
            text, parse_constant=lambda _: None, parse_int=_number, strict=False
        )
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    return tree


def _number(digits: str) -> int | float:
    """An integer that 64 bits hold, else a float: orjson writes no others."""
    if len(digits) > 20:
        return float(digits)
    number = int(digits)
    return number if number in _INT64 else float(number)


def clean_tree(value: Any, depth: int = 0) -> Any:
    """The tree without what PostgreSQL or orjson cannot take."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict | list) and depth == NESTING_MAX:
        return None
    if isinstance(value, dict):
        return {clean_text(k): clean_tree(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [clean_tree(item, depth + 1) for item in value]
    return value


def clean_text(text: str) -> str:
    """The text without NUL, lone surrogates replaced."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
