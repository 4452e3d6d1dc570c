"""A second version of grouping, which tests release for themselves."""

from __future__ import annotations

import hashlib

import pytest

from issues import grouping
from issues.event import Event
from issues.grouping import Grouping, GroupingRules, Part, Version
from projects import rules

SECOND = "v2"


def by_server(event: Event, _: GroupingRules) -> Grouping:
    """Events are one issue where they came from one server."""
    server = event.get("server_name", "")
    digest = hashlib.md5(server.encode(), usedforsecurity=False).digest()
    return Grouping(SECOND, (digest,), (Part("message", (server,)),))


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch) -> str:
    """Releases it, until the test is over."""
    news = ("Servers tell issues apart.",)
    monkeypatch.setitem(grouping.VERSIONS, SECOND, Version(by_server, news))
    monkeypatch.setattr(rules, "GROUPING_VERSIONS", [*rules.GROUPING_VERSIONS, SECOND])
    return SECOND
