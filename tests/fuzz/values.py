"""JSON values of every odd kind, and ways to spoil a tree or a run of bytes.

All take their chances from a Random that hypothesis has seeded: drawing each of them
from hypothesis itself takes ten times as long, and its shrinking is not worth that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

_TEXTS = (
    *("", " ", "\0", "a\0b", "\n", "x\r\ny", "\ud800", "a\udfffb", "\ufeff", "\u202e"),
    *(
        "0",
        "-1",
        "1e400",
        "NaN",
        "true",
        "null",
        "latest",
        "..",
        "None",
        "\uff11\uff12",
        "\u00b2",
    ),
    *("{{auto}}", "{{ default }}", "%s %d %(a)s %", "{} {0} {a.b} {:>9999999}"),
    *("2026-11-23T12:00:00.123456789Z", "9999-12-31T23:59:59Z", "0001-01-01"),
    *("http://[", "https://a:b@c/?q#f", "http://x/../\\", "::1", "256.1.1.1", "/"),
    *("<script>alert(1)</script>", "' OR 1=1 --", "4111 1111 1111 1111", "password=x"),
    *("x" * 300, "é" * 9000, "a.b" * 5000, "\\" * 2000, "(" * 3000, "- " * 5000),
)
_NUMBERS = (
    *(0, 1, -1, 7, 255, 2**31, 2**53, -(2**63), 2**63, 2**64, 10**30, -(10**400)),
    *(0.5, -0.0, 1e21, 1e308, -1e308, float("nan"), float("inf"), float("-inf")),
    *(1795435200, 1795435200.5, 1795435200000, 1e11),
)


def _nested(depth: int) -> Any:
    value: Any = "bottom"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


_CONTAINERS: tuple[Callable[[], Any], ...] = (
    list,
    dict,
    lambda: [None],
    lambda: [[]],
    lambda: [{}],
    lambda: [["a", "b"], ["a"], ["a", "b", "c"], [1, 2], None],
    lambda: {"": ""},
    lambda: {"\ud800": 1, "\0": None},
    lambda: {"values": None},
    lambda: {"values": [None, 1, "x", [], {}]},
    lambda: {"frames": [None, 1, {}]},
    lambda: {str(number): number for number in range(500)},
    lambda: ["x" * 100] * 300,
    lambda: [{"type": "E", "value": "x"}] * 150,
    lambda: _nested(30),
    lambda: _nested(300),
)


def text(random: Random) -> str:
    if random.random() < 0.7:
        return random.choice(_TEXTS)
    points = [random.choice((127, 255, 0xD7FF)) for _ in range(random.randrange(8))]
    return "".join(chr(random.randint(0, point)) for point in points)


def scalar(random: Random) -> Any:
    """Null, a boolean, a number or a text."""
    kind = random.random()
    if kind < 0.5:
        return text(random)
    if kind < 0.85:
        return random.choice(_NUMBERS)
    return random.choice((None, True, False))


def value(random: Random) -> Any:
    """A scalar, or a container that does not belong where it will be put."""
    kind = random.random()
    if kind < 0.6:
        return scalar(random)
    if kind < 0.8:
        return random.choice(_CONTAINERS)()
    count = random.randrange(4)
    if kind < 0.9:
        return [scalar(random) for _ in range(count)]
    return {text(random): scalar(random) for _ in range(count)}


def dumped(tree: object) -> bytes:
    """JSON as lenient clients write it: NaN, endless numbers, half characters."""
    return json.dumps(tree, separators=(",", ":")).encode()


def spoiled(random: Random, tree: Any) -> Any:
    """The tree after a few changes at places of its own, which it makes in place."""
    for _ in range(random.randint(1, 5)):
        holder, key = _place(random, tree)
        if holder is None:
            return value(random)
        _change(random, holder, key)
    return tree


def _place(random: Random, tree: Any) -> tuple[Any, Any]:
    """A container of the tree and a key in it; nothing in an empty tree."""
    holder, key = None, None
    node = tree
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        holder, key = node, random.choice(keys)
        node = holder[key]
        if random.random() < 0.25:
            break
    return holder, key


def _change(random: Random, holder: Any, key: Any) -> None:
    match random.randrange(8):
        case 0 | 1 | 2:
            holder[key] = value(random)
        case 3:
            del holder[key]
        case 4:
            holder[key] = [holder[key]]
        case 5:
            holder[key] = {"values": holder[key]}
        case 6 if isinstance(holder, dict):
            holder[text(random)] = holder.pop(key)
        case 6:
            holder.insert(0, None)
        case _:
            item = holder[key]
            holder[key] = list(item.items()) if isinstance(item, dict) else str(item)


def damaged(random: Random, data: bytes) -> bytes:
    """The bytes with a few of them lost, added or changed."""
    for _ in range(random.randint(1, 3)):
        start = random.randint(0, len(data))
        end = start + random.choice((0, 1, 1, 2, 8, len(data)))
        data = data[:start] + random.randbytes(random.randrange(4)) + data[end:]
    return data


def is_chance(random: Random, odds: int) -> bool:
    """True in one of so many cases."""
    return random.randrange(odds) == 0
