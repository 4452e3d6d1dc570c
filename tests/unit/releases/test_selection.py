"""Which releases and environments a query of the session statistics takes."""

from __future__ import annotations

import doctest

import pytest

from releases import cursors, selection
from releases.cursors import CursorError, read_cursor
from releases.selection import SelectionError, read_selection


def takes(query: str, version: str = "shop@1.0", environment: str = "prod") -> bool:
    return read_selection(query, latest=["shop@1.0"]).takes(version, environment)


@pytest.mark.parametrize("module", [selection, cursors])
def test_the_examples_of_the_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # A module.


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "release:shop@1.0",
        'release:"shop@1.0"',
        "release:shop@1.*",
        "release:*",
        "release:[shop@0.9, shop@1.0]",
        'release:["a b","shop@1.0"]',
        "release:latest",
        "!release:shop@2.*",
        "release:shop@1.0 environment:prod",
        "!environment:[dev,staging]",
    ],
)
def test_a_query_takes_what_matches_all_of_it(query: str) -> None:
    assert takes(query)


@pytest.mark.parametrize(
    "query",
    [
        "release:shop@1",
        "release:SHOP@1.0",
        r"release:shop@1.\*",
        "!release:latest",
        "release:shop@1.0 environment:dev",
        "!environment:p*",
        "release:[]",
    ],
)
def test_a_query_leaves_out_what_does_not(query: str) -> None:
    assert not takes(query)


def test_a_star_in_a_name_can_be_meant() -> None:
    assert takes(r"release:1\*", version="1*")
    assert not takes(r"release:1\*", version="11")


@pytest.mark.parametrize(
    "query", ["shop", "level:error", "release:", "release:1 and", 'release:"x', "a:b"]
)
def test_what_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(SelectionError):
        read_selection(query, latest=())


@pytest.mark.parametrize("text", ["", "n.1", "n.x.1", "n.1.99999999999", "q.1.1"])
def test_a_cursor_that_no_page_gave_out_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(text)
