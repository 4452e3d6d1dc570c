"""The pipe that the cases go through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.pipe import Pipe
from tests.fuzz.requests import of_event


@pytest.fixture(scope="module")
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    # What is loaded at the first event is not what a case costs.
    pipe.send([of_event(b'{"request":{"headers":{"User-Agent":"x"}}}')])
    yield pipe
    pipe.close()
