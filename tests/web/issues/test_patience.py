"""What took long is kept for a while, and nothing else."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test.utils import override_settings

from issues import patience
from issues.patience import kept
from issues.periods import Period
from issues.pulse import pulse_of
from issues.standouts import standouts_of
from projects.models import Project
from tests.demo.shop import today
from tests.factories import make_issue


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cache.delete("answer")
    yield
    cache.delete("answer")


def test_what_is_quick_is_reckoned_anew() -> None:
    assert kept("answer", lambda: 1) == 1
    assert kept("answer", lambda: 2) == 2


def test_what_is_slow_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SLOW_S", 0.0)
    monkeypatch.setattr(patience, "KEPT_FACTOR", 10**9)
    assert kept("answer", lambda: 1) == 1
    assert kept("answer", lambda: 2) == 1


def test_without_valkey_it_is_reckoned() -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(CACHES={"default": away}):
        assert kept("answer", lambda: 1) == 1


def test_issues_that_stand_out_can_be_kept(project: Project) -> None:
    make_issue(project)
    now = today()
    window = Period.DAY.window(now)
    pulse = pulse_of([project], window, now, tags=None, rows=1)
    found = standouts_of([project], window, pulse, rows=1)
    again = pickle.loads(pickle.dumps(found))
    assert again.most[0].issue.project.slug == project.slug
