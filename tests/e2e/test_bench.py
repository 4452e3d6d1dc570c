"""The benchmark runs to its end, where it has found every count exact."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import service

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parent.parent.parent
_TIMEOUT_S = 240


def test_quick_benchmark_prints_and_writes_its_figures(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--json", str(figures)],
        cwd=_ROOT,
        env=service.environment(),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "repair finds 0 differences" in done.stdout
    measured = json.loads(figures.read_text())
    assert measured["typical"]["stored_per_s"] > 0
    assert 15_000 <= measured["sizes"]["typical"]["json_median"] <= 30_000
