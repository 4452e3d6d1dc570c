"""The clients that `make clients` has installed, and how their programs are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e import service

CLIENTS = Path(sys.prefix) / "clients"
PROGRAMS = Path(__file__).parent / "programs"
NODE_MODULES = CLIENTS / "npm" / "node_modules"
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a client's program ended, and what it and its client printed."""

    status: int
    out: str
    err: str


def needed(path: Path | None, name: str) -> Path:
    """The path, or the test is skipped; where everything must be there, it fails."""
    if path is not None and path.exists():
        return path
    missing = f"{name} is missing: `make clients` installs it"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def sentry_cli() -> str:
    """Where the binary is."""
    # Each system has a package of its own, of which npm takes the right one.
    binaries = sorted(NODE_MODULES.glob("@sentry/cli-*/bin/sentry-cli*"))
    return str(needed(binaries[0] if binaries else None, "sentry-cli"))


def node_modules(*packages: str) -> Path:
    """Where the packages of npm are."""
    for package in packages:
        needed(NODE_MODULES / package, package)
    return NODE_MODULES


def run_python(program: str, client: str, env: dict[str, str]) -> Ran:
    """Runs the program with one client and nothing else installed."""
    packages = needed(CLIENTS / client, client)
    command = [sys.executable, "-S", "-W", "ignore", program]
    return run(command, {"PYTHONPATH": str(packages), **env})


def run_node(program: str, package: str, env: dict[str, str]) -> Ran:
    node = shutil.which("node")
    command = [str(needed(Path(node) if node else None, "Node.js")), program]
    modules = node_modules(package)
    return run(command, {"NODE_PATH": str(modules), "SHOP_SDK": package, **env})


def run(command: list[str], env: dict[str, str], *, cwd: Path | None = None) -> Ran:
    """Runs it, where the programs are unless another folder is named."""
    done = subprocess.run(
        command,
        cwd=cwd or PROGRAMS,
        env=service.environment(**env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
