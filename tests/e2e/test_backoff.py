"""A real SDK that meets a limit holds back as long as it is told, and says so later."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.bench.probes import Store
from tests.e2e import service
from tests.e2e.service import Service, wait_for

pytestmark = pytest.mark.slow

# Each flush waits until what was captured is sent or refused, so that the SDK knows of
# the refusal before it captures the next.
_PROGRAM = """\
import sentry_sdk

sentry_sdk.init({dsn!r}, auto_session_tracking=False, send_client_reports=True)
for number in range(6):
    sentry_sdk.capture_message(f"message {{number}}")
    sentry_sdk.flush()
"""


def limit_keys(running: Service, count: int) -> None:
    """At most so many events an hour of each key of the first project."""
    done = service.run("init", "--json", data=running.data)
    told = json.loads(done.stdout)
    key = running.dsn.split("//")[1].split("@")[0]
    place = f"{told['organization']}/{told['project']}"
    request = urllib.request.Request(
        f"{running.url}/api/0/projects/{place}/keys/{key}/",
        method="PUT",
        data=json.dumps({"rateLimit": {"count": count, "window": 3600}}).encode(),
        headers={
            "Authorization": f"Bearer {told['api_token']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_the_python_sdk_sends_nothing_while_it_is_limited(
    running: Service, tmp_path: Path
) -> None:
    limit_keys(running, 2)
    script = tmp_path / "app.py"
    script.write_text(_PROGRAM.format(dsn=running.dsn))
    done = subprocess.run(
        [sys.executable, str(script)],
        env=service.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    store = Store(running.data)

    def counted(outcome: str, reason: str) -> int:
        return store.number(
            "SELECT coalesce(sum(count), 0)::int FROM ingest_outcomecount"
            f" WHERE outcome = '{outcome}' AND reason = '{reason}'"
            " AND category IN ('default', 'error')"
        )

    wait_for(lambda: counted("rate_limited", "key") > 0)
    wait_for(lambda: counted("client_discard", "ratelimit_backoff") == 3)
    # The third met the limit; the three after it never left the SDK.
    assert counted("rate_limited", "key") == 1
    assert counted("accepted", "") == 2
    store.close()
