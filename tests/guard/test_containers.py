"""The image and the composed service hold what the service is made of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from errtrack import probe

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())[
    "services"
]
ROLES = ("web", "worker", "beat")


def copied() -> set[str]:
    """What the image takes from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return {name for line in lines for name in line.split()}


def test_the_image_holds_every_part_of_the_service() -> None:
    needed = {
        "alerts",
        "errtrack",
        "ingest",
        "issues",
        "monitors",
        "projects",
        "releases",
    }
    needed |= {"templates", "static"}
    # Translations, where there are any.
    needed |= {path.name for path in ROOT.glob("locale")}
    assert needed <= copied()


def test_what_the_image_copies_exists_and_is_sent_to_the_builder() -> None:
    sent = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert copied() == sent
    assert [name for name in copied() if not (ROOT / name).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    final_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!root|0)", final_stage, re.MULTILINE)


def test_the_image_runs_every_role() -> None:
    assert 'ENTRYPOINT ["errtrack"]' in DOCKERFILE
    assert [SERVICES[role]["command"] for role in ROLES] == [[role] for role in ROLES]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_health_check(role: str) -> None:
    test = SERVICES[role]["healthcheck"]["test"]
    assert test == ["CMD", "python", "-m", probe.__name__, role]


@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_servers_keep_their_data_and_tell_when_they_are_ready(server: str) -> None:
    assert SERVICES[server]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[server]["volumes"]
    assert "ports" not in SERVICES[server]


@pytest.mark.parametrize("role", ROLES)
def test_roles_start_after_servers_and_migrations(role: str) -> None:
    after = SERVICES[role]["depends_on"]
    assert {name: on["condition"] for name, on in after.items()} == {
        "postgres": "service_healthy",
        "valkey": "service_healthy",
        "init": "service_completed_successfully",
    }


def test_roles_share_servers_and_secret_key() -> None:
    settings = [SERVICES[role]["environment"] for role in (*ROLES, "init")]
    assert all(each == settings[0] for each in settings)
    assert all(SERVICES[role]["volumes"] == ["data:/data"] for role in (*ROLES, "init"))


def test_accepted_events_are_on_disk_before_the_answer() -> None:
    command = SERVICES["valkey"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"
