"""Events that are digested while a run goes on are counted once, where they belong."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from issues.locks import shard_lock
from issues.models import Event, IssueState, Status
from issues.regrouping import runs
from issues.repair import repair
from projects import rulesets
from projects.models import Project
from projects.policies import load_rules
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)
from tests.regroups import begun, chosen, finish, undone

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = ("KeyError", "TypeError", "Halt")
LEVELS = ("info", "fatal", "fatal")
RULES = "type:*Error -> one\ntype:Halt -> {{ default }}, {{ level }}"


def digest_some(project: Project, numbers: Iterator[int]) -> None:
    """Stores a batch under the shard's lock, as a drain does."""
    with shard_lock(project.pk % settings.SHARDS, wait=True):
        rules = load_rules([project.pk])[project.pk]
        events = [
            make_event(
                project,
                make_payload(
                    level=LEVELS[number // 3 % 3],
                    exception={"values": [make_exception(KINDS[number % 3], "x", "f")]},
                    user={"id": str(number % 7)},
                ),
                rules=rules,
            )
            for number in itertools.islice(numbers, 5)
        ]
        store(*events)


@contextmanager
def digesting(project: Project, numbers: Iterator[int]) -> Iterator[None]:
    """Batches are stored in another thread during the block."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.002):
            digest_some(project, numbers)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(30)
    assert not thread.is_alive()


def shown(project: Project) -> int:
    states = IssueState.objects.filter(project=project, status__lt=Status.MERGED)
    total: int = states.aggregate(total=Sum("event_count"))["total"]
    return total


def test_a_run_and_its_undo_are_exact_beside_the_digest(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More transactions of less, and a turn for the digest after each.
    monkeypatch.setattr("issues.regrouping.reading.EVENTS_AT_ONCE", 5)
    monkeypatch.setattr(runs, "SLICE_MAX_S", -1.0)
    project, numbers = make_project(), itertools.count()
    for _ in range(8):
        digest_some(project, numbers)
    rulesets.change_grouping(project, chosen(RULES), by=None)
    with digesting(project, numbers):
        run = finish(begun(project))
    assert run.moved > 0
    assert shown(project) == Event.objects.count()
    assert repair().differences == 0
    with digesting(project, numbers):
        undone(run)
    assert shown(project) == Event.objects.count()
    assert repair().differences == 0


def test_no_event_is_left_behind_by_a_run(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run finds all where the first one or the digest has put it."""
    monkeypatch.setattr(runs, "SLICE_MAX_S", -1.0)
    project, numbers = make_project(), itertools.count()
    for _ in range(8):
        digest_some(project, numbers)
    rulesets.change_grouping(project, chosen(RULES), by=None)
    with digesting(project, numbers):
        finish(begun(project))
    again = finish(begun(project))
    assert again.result is not None
    assert (again.moved, again.result["join_count"]) == (0, 0)
