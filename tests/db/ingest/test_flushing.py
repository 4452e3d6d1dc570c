"""Counts of refused items come into PostgreSQL once, wherever a worker dies."""

from __future__ import annotations

import pytest
import redis
from django.db import DatabaseError

from ingest import flushing
from ingest.counting import NAME
from ingest.models import OutcomeCount
from ingest.tally import Tally
from projects.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def refuse(store: redis.Redis, project: Project, count: int) -> None:
    store.hincrby(NAME, f"{project.pk}:7:490000:error:invalid:a:b", count)


def counted() -> int:
    return sum(OutcomeCount.objects.values_list("count", flat=True))


def test_counts_are_stored_where_they_belong(
    store: redis.Redis, project: Project
) -> None:
    refuse(store, project, 3)
    flushing.flush(store)
    row = OutcomeCount.objects.get()
    assert (row.project_id, row.key_id, row.hour) == (project.pk, 7, 490_000)
    assert (row.category, row.outcome, row.reason) == ("error", "invalid", "a:b")
    assert row.count == 3
    assert store.keys("errtrack:*") == []


def test_a_worker_that_dies_before_it_stores_loses_nothing(
    store: redis.Redis, project: Project
) -> None:
    refuse(store, project, 3)
    flushing.take(store)
    refuse(store, project, 2)
    flushing.flush(store)
    assert counted() == 3
    flushing.flush(store)
    assert counted() == 5


def test_a_worker_that_dies_after_it_stored_counts_nothing_twice(
    store: redis.Redis, project: Project
) -> None:
    refuse(store, project, 3)
    taking = flushing.take(store)
    assert taking is not None
    flushing.store(taking)
    flushing.flush(store)
    assert counted() == 3
    refuse(store, project, 2)
    flushing.flush(store)
    assert counted() == 5


def test_what_could_not_be_stored_waits_for_the_next_time(
    store: redis.Redis, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Tally) -> None:
        raise DatabaseError

    refuse(store, project, 3)
    with monkeypatch.context() as patch:
        patch.setattr(Tally, "write", fail)
        with pytest.raises(DatabaseError):
            flushing.flush(store)
    flushing.flush(store)
    assert counted() == 3


def test_a_late_worker_does_not_forget_what_another_has_taken(
    store: redis.Redis, project: Project
) -> None:
    refuse(store, project, 3)
    late = flushing.take(store)
    assert late is not None
    flushing.flush(store)
    refuse(store, project, 2)
    flushing.take(store)
    flushing.forget(store, late)
    flushing.flush(store)
    assert counted() == 5


def test_counts_of_a_project_that_is_gone_are_dropped(
    store: redis.Redis, project: Project
) -> None:
    refuse(store, project, 3)
    store.hincrby(NAME, f"{project.pk + 1}:7:490000:error:invalid:json", 9)
    flushing.flush(store)
    assert counted() == 3
