"""Whatever an operator can set or run is in the papers, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from errtrack.cli import main

ROOT = Path(__file__).parents[2]
ROOMS = ("alerts", "errtrack", "ingest", "issues", "monitors", "projects", "releases")
READERS = {"text", "address", "whole", "choice", "words", "mapping"}
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| .+ \|$", re.MULTILINE)


def reader_calls() -> Iterator[ast.Call]:
    """Every `env.<reader>("NAME", default, …)` of the service."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                function = node.func
                if (
                    isinstance(function, ast.Attribute)
                    and isinstance(function.value, ast.Name)
                    and function.value.id == "env"
                    and function.attr in READERS
                ):
                    yield node


def read_settings() -> dict[str, str | None]:
    """Default by name: "" where there is none, None where it is computed."""
    found: dict[str, str | None] = {}
    for call in reader_calls():
        default = _default(call.args[1]) if len(call.args) > 1 else ""
        match call.args[0]:
            # Told twice, the first that is not computed counts.
            case ast.Constant(value=str(name)):
                found[name] = found.get(name) or default
    return found


def _default(node: ast.expr) -> str | None:
    """The text of a constant, also of one like `64 * 2**20`."""
    if any(isinstance(part, ast.Name) for part in ast.walk(node)):
        return None
    return str(eval(compile(ast.Expression(node), "default", "eval")))


def documented_settings() -> dict[str, str]:
    return dict(ROW.findall((ROOT / "docs" / "settings.md").read_text()))


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert documented_settings().keys() == read_settings().keys()


def test_documented_defaults_are_the_real_ones() -> None:
    documented = documented_settings()
    for name, default in read_settings().items():
        told = documented[name]
        if default:
            assert told == f"`{default}`", name
        elif default == "":
            assert told.startswith("none"), name


def test_the_environment_is_read_in_few_places() -> None:
    """Readers are typed and documented; whoever reads around them is neither."""
    allowed = {"env.py", "cli.py", "wsgi.py", "celery.py", "probe.py"}
    allowed |= {"access.py", "datafolder.py", "server.py", "single.py", "up.py"}
    readers = {
        path.name
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.(environ|getenv)", path.read_text())
    }
    assert readers <= allowed


@pytest.fixture
def commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> set[str]:
    """Every word that may follow `errtrack`."""
    monkeypatch.setenv("ERRTRACK_DATA", "data")
    with pytest.raises(SystemExit):
        main(["--help"])
    ours = re.findall(r"^ +([a-z][a-z-]*)", capsys.readouterr().out, re.MULTILINE)
    return {*ours, *get_commands()}


def test_commands_of_the_papers_exist(commands: set[str]) -> None:
    papers = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    for paper in papers:
        named = re.findall(r"`(?:\S*/)?errtrack ([a-z-]+)", paper.read_text())
        assert set(named) <= commands, paper.name


def test_files_that_the_papers_link_to_exist() -> None:
    for paper in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", paper.read_text()):
            assert (paper.parent / target).exists(), f"{paper.name}: {target}"


def test_make_targets_of_the_papers_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
