"""Hours of counts for issues: noise and rhythm, the same at every run."""

from __future__ import annotations

import math
import random

from tests.demo.stories import Shape

# Older days have one row each, at noon: nothing shows their hours.
_HOURLY_DAYS = 15


def hours(shape: Shape, per_hour: int, days: float, now: int) -> dict[int, int]:
    """Events by hour, from so many days ago to the hour `now` (since 1970)."""
    dice = random.Random(f"{shape}{per_hour}{days}")
    first = now - int(days * 24)
    counts: dict[int, int] = {}
    for hour in range(first, now + 1):
        age = (now - hour) / 24
        expected = per_hour * _rhythm(hour) * _trend(shape, age, days)
        count = _draw(dice, expected if shape != "rare" else expected * 0.6)
        if not count:
            continue
        place = hour if age < _HOURLY_DAYS else hour - hour % 24 + 12
        counts[place] = counts.get(place, 0) + count
    # It did happen just now, and at the very beginning.
    counts[now] = max(1, counts.get(now, 0))
    counts[first] = max(1, counts.get(first, 0))
    return counts


def _rhythm(hour: int) -> float:
    """Less at night, most in the afternoon."""
    return 1 + 0.55 * math.sin((hour % 24 - 9) / 24 * 2 * math.pi)


def _trend(shape: Shape, age: float, days: float) -> float:
    if shape == "burst":
        return 2.2 * math.exp(-age * 3 / max(days, 0.1))
    if shape == "fading":
        return 0.3 + age / days
    if shape == "growing":
        return 1.6 - age / days
    return 1.0


def _draw(dice: random.Random, expected: float) -> int:
    """About as many, as chance has it."""
    return max(0, round(dice.gauss(expected, math.sqrt(expected) + expected * 0.18)))
