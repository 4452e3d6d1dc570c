"""How many cases a test tries: the same few each time, or, on demand, many new ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "0"))


def tries(cases: int) -> Callable[[Any], Any]:
    """Lets a test try so many cases; in a long run so many new ones in each round.

    Rounds rather than one long search: hypothesis remembers all that it has tried.
    """
    limits = settings(
        max_examples=cases,
        derandomize=not ROUNDS,
        database=None,
        # The time of a case is taken by the tests, without that of other processes.
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    repeat = pytest.mark.parametrize("round_number", range(max(ROUNDS, 1)))
    return lambda test: repeat(limits(test))
