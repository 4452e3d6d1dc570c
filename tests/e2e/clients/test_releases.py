"""The sentry-cli binary, as a build server tells of a release."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.clients import installed
from tests.e2e.clients.web import Project, Web

pytestmark = pytest.mark.slow

VERSION = "my shop@1.0.0+7"


@pytest.fixture(scope="module")
def project(web: Web) -> Project:
    return web.new_project("Built")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits."""
    folder = tmp_path_factory.mktemp("shop")
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", "https://git.example.com/acme/shop.git")
    for message in ("Sell books", "Sell more books"):
        git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return folder


def git(folder: Path, *arguments: str) -> None:
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", "-C", str(folder), *author, *arguments], check=True)


def cli(project: Project, *arguments: str, cwd: Path | None = None) -> str:
    """What the command prints; it must not complain."""
    web = project.web
    where = ("--org", web.organization, "--project", project.slug)
    ran = installed.run(
        [installed.sentry_cli(), "releases", *where, *arguments],
        {"SENTRY_URL": web.url, "SENTRY_AUTH_TOKEN": web.token},
        cwd=cwd,
    )
    assert ran.status == 0, ran
    return ran.out


@pytest.fixture(scope="module")
def release(project: Project, repository: Path) -> str:
    """The address of a release that was announced, told of, finalized and deployed."""
    cli(project, "new", VERSION, "--url", "https://ci.example.com/7")
    cli(project, "set-commits", VERSION, "--local", cwd=repository)
    cli(project, "finalize", VERSION)
    cli(project, "deploys", VERSION, "new", "--env", "production", "--name", "blue")
    return f"organizations/{project.web.organization}/releases/my%20shop%401.0.0%2B7/"


def test_a_release_is_told_of_by_a_build(web: Web, release: str) -> None:
    told = web.get(release)
    assert told["version"] == VERSION
    assert told["url"] == "https://ci.example.com/7"
    assert told["dateReleased"] is not None
    assert (told["commitCount"], told["deployCount"]) == (2, 1)
    assert told["lastCommit"]["message"].strip() == "Sell more books"
    assert told["authors"] == [{"name": "Ada", "email": "ada@example.com"}]
    assert told["lastDeploy"]["environment"] == "production"


def test_releases_are_listed_and_shown(project: Project, release: str) -> None:
    assert VERSION in cli(project, "list")
    assert VERSION in cli(project, "info", VERSION, "--show-commits")
    assert "production" in cli(project, "deploys", VERSION, "list")


def test_a_release_is_archived_restored_and_deleted(
    project: Project, web: Web, release: str
) -> None:
    cli(project, "archive", VERSION)
    assert web.get(release)["status"] == "archived"
    cli(project, "restore", VERSION)
    assert web.get(release)["status"] == "open"
    cli(project, "new", "wrong@1")
    cli(project, "delete", "wrong@1")
    assert "wrong@1" not in cli(project, "list")
