"""From a crash to a resolved issue, and back when it crashes again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest

from tests.bench.latency import Visitor
from tests.bench.load import Target
from tests.e2e import service
from tests.e2e.service import EMAIL, PASSWORD, Service, wait_for

pytestmark = pytest.mark.slow

_CRASH = """
import sentry_sdk
sentry_sdk.init({dsn!r})
1 / 0
"""
_VISIBLE_WITHIN_S = 2.0


class Tracker:
    """What `errtrack init --json` tells, and the API behind it."""

    def __init__(self, running: Service) -> None:
        done = service.run("init", "--json", data=running.data)
        assert done.returncode == 0, done.stderr
        self.first: dict[str, Any] = json.loads(done.stdout)
        self.organization = self.first["organization"]
        self.project = self.first["project"]

    def unresolved(self) -> list[dict[str, Any]]:
        path = f"projects/{self.organization}/{self.project}/issues/"
        issues: list[dict[str, Any]] = self.call(f"{path}?query=is:unresolved")
        return issues

    def issue(self, issue_id: str) -> dict[str, Any]:
        path = f"organizations/{self.organization}/issues/{issue_id}/"
        issue: dict[str, Any] = self.call(path)
        return issue

    def resolve(self, issue_id: str) -> None:
        path = f"organizations/{self.organization}/issues/{issue_id}/"
        assert self.call(path, {"status": "resolved"})["status"] == "resolved"

    def call(self, path: str, change: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.first['url']}/api/0/{path}",
            method="PUT" if change else "GET",
            data=json.dumps(change).encode() if change else None,
            headers={
                "Authorization": f"Bearer {self.first['api_token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def crash(self) -> None:
        """The script as a stranger would write it, ended by its own error."""
        done = subprocess.run(
            [sys.executable, "-c", _CRASH.format(dsn=self.first["dsn"])],
            env=service.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "ZeroDivisionError" in done.stderr

    def page(self) -> str:
        """The list of issues in a browser's place."""
        visitor = Visitor(Target.of(self.first["dsn"]), EMAIL, PASSWORD)
        page = visitor.get(f"/o/{self.organization}/p/{self.project}/")
        visitor.close()
        return page


@pytest.fixture
def tracker(running: Service) -> Tracker:
    return Tracker(running)


def test_from_crash_to_resolved_and_back(tracker: Tracker) -> None:
    tracker.crash()
    ended_at = time.monotonic()
    wait_for(lambda: len(tracker.unresolved()) == 1, _VISIBLE_WITHIN_S)
    assert time.monotonic() - ended_at < _VISIBLE_WITHIN_S
    (issue,) = tracker.unresolved()
    assert issue["title"] == "ZeroDivisionError: division by zero"
    assert (issue["count"], issue["userCount"]) == ("1", 1)
    assert "division by zero" in tracker.page()

    tracker.crash()
    tracker.crash()
    wait_for(lambda: tracker.issue(issue["id"])["count"] == "3")
    assert tracker.issue(issue["id"])["userCount"] == 1

    tracker.resolve(issue["id"])
    assert tracker.unresolved() == []
    assert "division by zero" not in tracker.page()

    tracker.crash()
    wait_for(lambda: len(tracker.unresolved()) == 1)
    back = tracker.issue(issue["id"])
    assert (back["status"], back["substatus"]) == ("unresolved", "regressed")
    assert back["count"] == "4"
    assert "set_regression" in {one["type"] for one in back["activity"]}
    assert "division by zero" in tracker.page()
