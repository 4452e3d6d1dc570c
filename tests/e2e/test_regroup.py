"""Regrouping is exact while events come in, also when its worker is killed.

Events of forty kinds are sent all the time; the rules make one issue of those of some
types, and take what names certain orders out of the others.
"""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.bench.events import Sent, Small
from tests.bench.load import Target
from tests.bench.probes import Store
from tests.e2e import service
from tests.e2e.apart import Apart
from tests.e2e.exactness import opened
from tests.e2e.sender import sending
from tests.e2e.service import wait_for

pytestmark = pytest.mark.slow

_SIGNATURES = 40
_RULES = """
error.value:"* failed for *a*" -> {{ error.type }}, a
error.type:{KeyError,ValueError} -> one
"""
# By a run that is not over.
_MOVED = """
SELECT coalesce(max(moved), 0) FROM issues_regrouping
WHERE id = %s AND state = 'moving'
"""
_ROWS = "SELECT count(*) FROM issues_event WHERE project_id = %s"
_SHOWN = """
SELECT sum(event_count) FROM issues_issuestate WHERE project_id = %s AND status < 3
"""
# Digests have to know new rules before a run begins, and beat to take up a killed one.
_TIMEOUT_S = 240.0


@pytest.fixture(scope="module")
def supply() -> Iterator[Sent]:
    """More events than the test sends."""
    small = Small(seed=11)
    return itertools.chain.from_iterable(
        small.make(500, signatures=_SIGNATURES) for _ in itertools.count()
    )


class _Project:
    """The project's address in the web API."""

    def __init__(self, processes: Apart) -> None:
        self.first = processes.first()
        self._port = processes.port
        places = (self.first["organization"], self.first["project"])
        self._path = "/api/0/projects/{}/{}/".format(*places)

    def call(self, method: str, path: str, body: object) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {
            "Authorization": f"Bearer {self.first['api_token']}",
            "Content-Type": "application/json",
        }
        with closing(connection):
            connection.request(method, self._path + path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status < http.client.BAD_REQUEST, text
        return json.loads(text)


def test_a_run_and_its_undo_are_exact_though_the_worker_is_killed(
    processes: Apart, supply: Iterator[Sent]
) -> None:
    processes.start("web", "worker", "beat")
    project = _Project(processes)
    target = Target.of(project.first["dsn"])
    with opened(processes.data) as store, sending(target, supply) as sender:
        sender.wait_for_accepted(1000)
        project.call("PUT", "", {"fingerprintingRules": _RULES})
        run = project.call("POST", "regroup/", {})["id"]
        wait_for(lambda: store.number(_MOVED, int(run)) > 0, _TIMEOUT_S)
        processes.kill("worker")
        assert _is(store, "moving")
        processes.start("worker")
        wait_for(lambda: _is(store, "done"), _TIMEOUT_S)
        result = project.call("GET", f"regroup/{run}/", None)["result"]
        assert result["joined"] > 0
        assert result["split"] > 0
        _assert_nothing_to_mend(processes)
        project.call("POST", f"regroup/{run}/undo/", {})
        wait_for(lambda: _is(store, "undone"), _TIMEOUT_S)
        sender.finish()
        store.wait_until_digested(_TIMEOUT_S)
        for query in (_ROWS, _SHOWN):
            assert store.number(query, target.project_id) == len(sender.accepted)
        _assert_nothing_to_mend(processes)


def _is(store: Store, state: str) -> bool:
    """Whether the only run is in that state."""
    runs = "SELECT count(*) FROM issues_regrouping WHERE state = %s"
    return store.number(runs, state) == 1


def _assert_nothing_to_mend(processes: Apart) -> None:
    command = ("repair", "--dry-run", "--json")
    done = service.run(*command, data=processes.data, env=processes.environment)
    assert done.returncode == 0, done.stdout + done.stderr
