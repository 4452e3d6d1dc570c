"""A job that the real sentry-sdk watches over, from its decorator to the page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest import attendance
from tests.e2e import service
from tests.e2e.service import Service, wait_for

pytestmark = pytest.mark.slow

_JOBS = """\
import sentry_sdk
from sentry_sdk.crons import monitor

sentry_sdk.init({dsn!r}, release="shop@1.2.3", environment="staging")

NIGHTLY = {{
    "schedule": {{"type": "crontab", "value": "30 2 * * *"}},
    "timezone": "Europe/Amsterdam",
    "checkin_margin": 5,
    "max_runtime": 30,
    "failure_issue_threshold": 1,
    "recovery_threshold": 1,
}}
EVERY_HOUR = {{"schedule": {{"type": "interval", "value": 1, "unit": "hour"}}}}


@monitor(monitor_slug="nightly-backup", monitor_config=NIGHTLY)
def back_up():
    return sum(range(1000))


@monitor(monitor_slug="hourly-report", monitor_config=EVERY_HOUR)
def report():
    raise RuntimeError("no paper")


back_up()
try:
    report()
except RuntimeError as error:
    sentry_sdk.capture_exception(error)
sentry_sdk.flush()
"""

# What the service has stored, read by its own code.
_READ = """
import json
from issues.models import Issue
from monitors.models import CheckIn
from projects import valkey
runs = [
    {
        "slug": run.monitor.slug, "schedule": str(run.monitor.schedule),
        "zone": run.monitor.timezone, "environment": run.environment.name,
        "status": run.status, "release": run.release, "trace": run.trace_id,
        "duration": run.duration_ms, "due": str(run.environment.next_expected_at),
    }
    for run in CheckIn.objects.select_related("monitor", "environment")
]
titles = list(Issue.objects.values_list("title", flat=True))
signed = valkey.blocking().exists("%s")
print("SEEN", json.dumps({"runs": runs, "titles": titles, "signed": signed}))
"""


def read(running: Service) -> dict[str, Any]:
    program = _READ % attendance.SEEN
    done = service.run("shell", "--no-imports", "--command", program, data=running.data)
    assert done.returncode == 0, done.stderr
    (line,) = (one for one in done.stdout.splitlines() if one.startswith("SEEN "))
    found: dict[str, Any] = json.loads(line.removeprefix("SEEN "))
    return found


@pytest.fixture(scope="module")
def stored(
    running: Service, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    script = tmp_path_factory.mktemp("jobs") / "jobs.py"
    script.write_text(_JOBS.format(dsn=running.dsn))
    service.run_program(script)
    found: dict[str, Any] = {}

    def is_stored() -> bool:
        found.update(read(running))
        ended = [run for run in found["runs"] if run["status"] != "in_progress"]
        return len(ended) == 2 and len(found["titles"]) == 2

    wait_for(is_stored, 30)
    return found


def test_jobs_make_their_monitors(stored: dict[str, Any]) -> None:
    backup, report = sorted(stored["runs"], key=lambda run: str(run["status"]))[::-1]
    assert (backup["slug"], backup["status"]) == ("nightly-backup", "ok")
    assert (backup["schedule"], backup["zone"]) == ("30 2 * * *", "Europe/Amsterdam")
    assert (report["slug"], report["status"]) == ("hourly-report", "error")
    assert report["schedule"] == "1 hour"
    for run in (backup, report):
        assert (run["environment"], run["release"]) == ("staging", "shop@1.2.3")
        assert len(run["trace"]) == 32
        assert run["duration"] is not None
        assert run["due"] > "2026"


def test_failed_job_is_an_issue_beside_its_error(stored: dict[str, Any]) -> None:
    assert set(stored["titles"]) == {
        "Failed check-in: hourly-report",
        "RuntimeError: no paper",
    }


def test_web_process_signs_that_it_can_be_reached(stored: dict[str, Any]) -> None:
    assert stored["signed"] == 1
