"""Each test begins as a new process does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from issues.store import forget_everything


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    """Each test's transaction is rolled back: nothing may be remembered of it."""
    forget_everything()
    yield
    forget_everything()
