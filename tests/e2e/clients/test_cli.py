"""The sentry-cli binary, which sends what people write by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.clients import installed
from tests.e2e.clients.installed import Ran, run
from tests.e2e.clients.web import Project, Web
from tests.e2e.service import wait_for

pytestmark = pytest.mark.slow

HEADER_ID, PAYLOAD_ID = "fc6d8c0c43fc4630ad850ee518f1b9d0", "a" * 32


@pytest.fixture(scope="module")
def project(web: Web) -> Project:
    return web.new_project("By hand")


def sentry_cli(project: Project, *arguments: str, status: int = 0) -> Ran:
    command = [installed.sentry_cli(), *arguments]
    ran = run(command, {"SENTRY_DSN": project.dsn})
    assert ran.status == status, ran
    assert not re.search("WARN|ERROR", ran.err), ran.err
    return ran


def test_an_event_comes_as_its_options_tell(project: Project) -> None:
    options = (
        *("--message", "the cart of %s is empty", "--message-arg", "ada"),
        *("--level", "warning", "--release", "shop@1.2.3", "--dist", "7"),
        *("--env", "staging", "--platform", "python", "--tag", "region:eu-west"),
        *("--user", "id:42", "--user", "email:ada@example.com"),
        *("--fingerprint", "empty", "--fingerprint", "cart"),
    )
    said = sentry_cli(project, "send-event", *options).out
    event_id = re.search(r"Event id: ([0-9a-f-]{36})", said)
    assert event_id, said
    event = project.event(event_id[1].replace("-", ""))
    assert event["title"] == "the cart of ada is empty"
    assert (event["level"], event["platform"]) == ("warning", "python")
    assert (event["release"]["version"], event["dist"]) == ("shop@1.2.3", "7")
    assert event["environment"] == "staging"
    assert event["user"]["id"] == "42"
    assert {"key": "region", "value": "eu-west"} in event["tags"]
    assert event["fingerprint"] == ["empty", "cart"]
    assert event["errors"] == []


def test_an_envelope_from_a_file_keeps_the_id_of_its_header(
    project: Project, tmp_path: Path
) -> None:
    lines = (
        {"event_id": HEADER_ID},
        {"type": "event"},
        {"event_id": PAYLOAD_ID, "message": "made by hand", "level": "info"},
    )
    file = tmp_path / "hand.envelope"
    file.write_text("\n".join(map(json.dumps, lines)) + "\n")
    sentry_cli(project, "send-envelope", str(file))
    assert project.event(HEADER_ID)["title"] == "made by hand"


@pytest.mark.parametrize(("command", "status"), [("true", "ok"), ("false", "error")])
def test_a_job_is_watched_from_its_start_to_its_end(
    project: Project, web: Web, command: str, status: str
) -> None:
    slug = f"job-{status}"
    arguments = ("monitors", "run", "--schedule", "0 3 * * *", slug, "--", command)
    sentry_cli(project, *arguments, status=0 if command == "true" else 1)
    where = f"organizations/{web.organization}/monitors/{slug}/checkins/"
    wait_for(lambda: (told := web.get(where)) and told[0]["status"] != "in_progress")
    (run,) = web.get(where)
    assert (run["status"], run["environment"]) == (status, "production")
    assert run["duration"] is not None
