"""Which addresses are the edge's."""

from __future__ import annotations

import pytest

from ingest.routes import Endpoint, Route, find_route


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/1/envelope/", Route(Endpoint.ENVELOPE, 1)),
        ("/api/1/envelope", Route(Endpoint.ENVELOPE, 1)),
        ("//api///42//store//", Route(Endpoint.STORE, 42)),
        ("/api/007/store/", Route(Endpoint.STORE, 7)),
        ("/api/store/", Route(Endpoint.STORE, None)),
        ("/errors/api/1/envelope/", Route(Endpoint.ENVELOPE, 1)),
        ("/a/b/api/1/store", Route(Endpoint.STORE, 1)),
        ("/api/1/what/is/this", Route(Endpoint.UNKNOWN, 1)),
        ("/api/1/envelope/more", Route(Endpoint.UNKNOWN, 1)),
        ("/api/1/envelope\n", Route(Endpoint.UNKNOWN, 1)),
        ("/api/0/organizations/", None),
        ("/api/0/envelope/", None),
        ("/api/x/envelope/", None),
        ("/api/1", None),
        ("/api/9999999999999999999999/envelope/", None),
        ("/issues/api/", None),
        ("/", None),
        ("", None),
    ],
)
def test_a_path_leads_where_the_protocol_says(
    path: str, expected: Route | None
) -> None:
    assert find_route(path) == expected
