"""Each test begins as a new process does."""

from __future__ import annotations

import pytest

from issues.store import forget_everything


@pytest.fixture(autouse=True)
def _new_process() -> None:
    forget_everything()
