"""How a job checks in: by curl, by sentry-cli, and from Python."""

from __future__ import annotations

from projects.platforms.base import Platform, Step
from projects.snippets import ShownStep, steps_for

_CURL = """
CRON="{BASE}/api/{PROJECT}/cron/SLUG/{KEY}/"
curl "$CRON?status=in_progress"
if ./job.sh; then curl "$CRON?status=ok"; else curl "$CRON?status=error"; fi
"""
_CLI = """
export SENTRY_DSN="{DSN}"
sentry-cli monitors run SLUG -- ./job.sh
"""
_CLI_MAKING = """
export SENTRY_DSN="{DSN}"
sentry-cli monitors run --schedule "0 3 * * *" --timezone "UTC" \\
    --check-in-margin 5 --max-runtime 30 SLUG -- ./job.sh
"""
_PYTHON = """
import sentry_sdk
from sentry_sdk.crons import monitor

sentry_sdk.init(dsn="{DSN}")


@monitor(monitor_slug="SLUG")
def job():
    ...
"""
_PYTHON_MAKING = """
import sentry_sdk
from sentry_sdk.crons import monitor

sentry_sdk.init(dsn="{DSN}")

SETTINGS = {
    "schedule": {"type": "crontab", "value": "0 3 * * *"},
    "timezone": "UTC",
    "checkin_margin": 5,
    "max_runtime": 30,
}


@monitor(monitor_slug="SLUG", monitor_config=SETTINGS)
def job():
    ...
"""


def ways_of(slug: str, dsn: str) -> list[ShownStep]:
    """How a job checks in to its monitor, with the key's address in the code."""
    return _ways(slug, dsn, cli=_CLI, python=_PYTHON, curl=_CURL)


def making_ways(slug: str, dsn: str) -> list[ShownStep]:
    """How a job checks in and so makes its monitor."""
    return _ways(slug, dsn, cli=_CLI_MAKING, python=_PYTHON_MAKING)


def _ways(
    slug: str, dsn: str, *, cli: str, python: str, curl: str = ""
) -> list[ShownStep]:
    ways = (("curl", curl, "bash"), ("sentry-cli", cli, "bash"))
    steps = [
        Step(title=title, code=code.replace("SLUG", slug), language=language)
        for title, code, language in (*ways, ("Python", python, "python"))
        if code
    ]
    return steps_for(Platform(slug="", name="", family="", steps=tuple(steps)), dsn)
