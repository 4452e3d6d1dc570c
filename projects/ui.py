"""Numbers, spans of time and bar geometry as pages show them, without Django."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

MINUTE, HOUR, DAY = 60, 3600, 86400
MONTH, YEAR = 30 * DAY, 365 * DAY

Unit = Literal["now", "min", "hr", "day", "mo", "yr"]
_UNITS: tuple[tuple[int, Unit], ...] = (
    (YEAR, "yr"),
    (MONTH, "mo"),
    (DAY, "day"),
    (HOUR, "hr"),
    (MINUTE, "min"),
)

# Categories of characters that would change or hide the text around them.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT = frozenset("\n\t\u200c\u200d")


def compact(n: int) -> str:
    """0-999 exact, then k / m / b: at most three digits, never rounded up a unit.

    >>> [compact(n) for n in (0, 999, 1000, 1049, 1950, 37_412, 999_999)]
    ['0', '999', '1k', '1k', '1.9k', '37k', '999k']
    >>> [compact(n) for n in (1_204_311, 12_600_000, 2_000_000_000)]
    ['1.2m', '12m', '2b']
    """
    for size, unit in ((10**9, "b"), (10**6, "m"), (10**3, "k")):
        if n < size:
            continue
        tenths = n * 10 // size
        whole, fraction = divmod(tenths, 10)
        return (
            f"{whole}.{fraction}{unit}" if fraction and whole < 10 else f"{whole}{unit}"
        )
    return str(n)


def age(seconds: float) -> tuple[int, Unit]:
    """The one unit to show for a time span: (count, unit).

    >>> [age(s) for s in (4, 59, 60, 3599, 7200, 86400 * 13)]
    [(0, 'now'), (0, 'now'), (1, 'min'), (59, 'min'), (2, 'hr'), (13, 'day')]
    >>> [age(s) for s in (86400 * 61, 86400 * 800)]
    [(2, 'mo'), (2, 'yr')]
    """
    whole = max(0, int(seconds))
    for size, unit in _UNITS:
        if whole >= size:
            return whole // size, unit
    return 0, "now"


def share(part: int, whole: int) -> str:
    """A percentage without decimals; a small share is never shown as nothing.

    >>> share(71, 100), share(1, 3000), share(0, 5), share(2, 0)
    ('71 %', '< 1 %', '0 %', '0 %')
    """
    if part <= 0 or whole <= 0:
        return "0 %"
    percent = part * 100 // whole
    return f"{percent} %" if percent else "< 1 %"


def initials(name: str) -> str:
    """Two letters for a badge: of the first two words, else of the one.

    >>> [initials(n) for n in ("J. Doe", "LeanEngine", "web-console", "", "张伟")]
    ['JD', 'LE', 'WC', '?', '张伟']
    """
    words = ["".join(c for c in w if c.isalnum()) for w in _words(name)]
    words = [word for word in words if word]
    if not words:
        return "?"
    if len(words) > 1:
        return (words[0][0] + words[1][0]).upper()
    return words[0][:2].upper()


def _words(name: str) -> list[str]:
    return name.split("@")[0].translate(str.maketrans("-_./", "    ")).split()


def visible(text: str) -> str:
    """Text in which nothing hides: control and direction marks become U+XXXX.

    >>> visible("a\\u202eb\\x00c\\nd")
    'aU+202EbU+0000c\\nd'
    """
    if text.isprintable():
        return text
    return "".join(
        f"U+{ord(c):04X}"
        if c not in _KEPT and unicodedata.category(c) in _INVISIBLE
        else c
        for c in text
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A bar sparkline: path data of the bars, which are strokes, and of their feet."""

    # How wide a bar is, and the gap behind it.
    bar: str
    gap: str
    bars: str
    feet: str
    highest: int


def spark(counts: Sequence[int], *, width: int, height: int, gap: float) -> Spark:
    """Geometry of a sparkline, linear from zero.

    A bucket that is not empty is at least 2 px high; every bucket has a foot of 1 px,
    a dash of one line below the bars. A bar takes about 12 bytes.

    >>> spark([0, 5, 10], width=32, height=10, gap=1).bars
    'M16 10v-5M27 10v-10'
    """
    bar, starts = _columns(len(counts), width, height, gap)
    highest = max(counts, default=0)
    bars = [
        f"{start}{max(2, round(count / highest * height))}"
        for start, count in zip(starts, counts, strict=True)
        if count > 0
    ]
    return Spark(
        bar=bar,
        gap=f"{gap:.3g}",
        bars="".join(bars),
        feet=f"M0 {height - 0.5:g}h{width}",
        highest=highest,
    )


@lru_cache(maxsize=64)
def _columns(count: int, width: int, height: int, gap: float) -> tuple[str, list[str]]:
    """What all sparklines of a size share: a bar's width, and how each bar begins."""
    n = max(1, count)
    wide = max(1.0, (width - gap * (n - 1)) / n)
    middles = [round(i * (wide + gap) + wide / 2, 1) for i in range(count)]
    return f"{wide:.4g}", [f"M{x:g} {height}v-" for x in middles]


def bars(
    counts: Sequence[int], *, top: int, width: int, height: int, gap: float
) -> str:
    """One path of bars below a y axis that ends at `top`.

    >>> bars([0, 5, 20], top=20, width=32, height=10, gap=1)
    'M11 7.5h10v2.5h-10zM22 0h10v10h-10z'
    """
    n = max(1, len(counts))
    bar = (width - gap * (n - 1)) / n
    path = []
    for i, count in enumerate(counts):
        if count <= 0:
            continue
        h = max(1.0, count / max(top, 1) * height)
        x = i * (bar + gap)
        path.append(f"M{x:.5g} {height - h:.5g}h{bar:.4g}v{h:.4g}h-{bar:.4g}z")
    return "".join(path)


def stacks(
    layers: Sequence[Sequence[int]], *, top: int, width: int, height: int, gap: float
) -> list[str]:
    """A path for each layer of stacked bars, the first layer at the foot.

    >>> stacks([[10, 0], [5, 20]], top=20, width=21, height=20, gap=1)
    ['M0 10h10v10h-10z', 'M0 5h10v5h-10zM11 0h10v20h-10z']
    """
    n = max((len(layer) for layer in layers), default=1) or 1
    bar = (width - gap * (n - 1)) / n
    feet = [0] * n
    paths = []
    for layer in layers:
        path = []
        for i, count in enumerate(layer):
            if count <= 0:
                continue
            low, high = (
                total / max(top, 1) * height for total in (feet[i], feet[i] + count)
            )
            feet[i] += count
            x, h = i * (bar + gap), max(0.5, high - low)
            path.append(
                f"M{x:.5g} {height - low - h:.5g}h{bar:.4g}v{h:.4g}h-{bar:.4g}z"
            )
        paths.append("".join(path))
    return paths


K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers(Generic[K]):
    """Counts over time, bucket by bucket, in layers that stand upon each other.

    >>> chart = Layers(layers={"low": [1, 0], "high": [4, 7]})
    >>> chart.total, chart.heights, chart.top, Layers(layers={}).top
    (12, [5, 7], 8, 1)
    """

    layers: Mapping[K, Sequence[int]]

    @property
    def total(self) -> int:
        return sum(map(sum, self.layers.values()))

    @property
    def heights(self) -> list[int]:
        """What the layers are together, bucket by bucket."""
        return [sum(counts) for counts in zip(*self.layers.values(), strict=True)]

    @property
    def top(self) -> int:
        """Where the chart's y axis ends."""
        return nice_max(max(self.heights, default=0))


def nice_max(n: float) -> int:
    """A round number at or just above n: the top of a y axis.

    >>> [nice_max(n) for n in (0, 3, 11, 180, 234, 4100, 6900)]
    [1, 3, 12, 200, 300, 5000, 8000]
    """
    if n <= 1:
        return 1
    power = 10 ** math.floor(math.log10(n))
    for tenths in (10, 12, 15, 20, 30, 40, 50, 60, 80):
        if n * 10 <= tenths * power:
            return int(tenths * power // 10)
    return int(10 * power)
