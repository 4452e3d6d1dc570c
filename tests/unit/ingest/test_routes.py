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
        ("/api/1/security/", Route(Endpoint.SECURITY, 1)),
        ("/api/1/csp-report", Route(Endpoint.SECURITY, 1)),
        ("/api/1/nel/", Route(Endpoint.NEL, 1)),
        ("/api/1/minidump", Route(Endpoint.MINIDUMP, 1)),
        ("/api/1/unreal/abc/", Route(Endpoint.UNREAL, 1, "abc")),
        ("/api/1/events/ab-c/attachments/", Route(Endpoint.ATTACHMENTS, 1, "", "ab-c")),
        ("/api/1/cron/nightly", Route(Endpoint.CRON, 1, "", "nightly")),
        ("//api/1/cron/a job//abc/", Route(Endpoint.CRON, 1, "abc", "a job")),
        ("/api/1/otlp/v1/traces", Route(Endpoint.OTLP_TRACES, 1)),
        ("/api/1/integration/otlp/v1/traces/", Route(Endpoint.OTLP_TRACES, 1)),
        ("/api/1/integration/otlp/v1/logs", Route(Endpoint.OTLP_LOGS, 1)),
        ("/api/1/otlp/v1/logs", Route(Endpoint.UNKNOWN, 1)),
        ("/api/1/cron/a/b/c", Route(Endpoint.UNKNOWN, 1)),
        ("/tunnel", Route(Endpoint.ENVELOPE, None)),
        ("//api/tunnel/", Route(Endpoint.ENVELOPE, None)),
        ("/o/tunnel/", None),
        ("/o/shop/p/api/1/events/abc/attachments/", None),
        ("/api/0/projects/api/1/events/abc/attachments/", None),
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
