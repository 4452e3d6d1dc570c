"""Counts and what was set aside are kept as long as the settings say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ingest.models import OutcomeCount, PoisonEntry
from ingest.outcomes import Outcome
from ingest.pruning import Pruned, prune
from ingest.tally import Place, Tally
from projects.hours import hour_of
from projects.models import Project
from tests.factories import make_project, set_aside

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def count(project: Project, *days_ago: int) -> None:
    tally = Tally()
    for days in days_ago:
        hour = hour_of(NOW - timedelta(days=days))
        tally.add(Place(project.pk, 1, hour, "error", Outcome.ACCEPTED, ""))
    tally.write()


def test_old_counts_are_deleted_and_others_stay(
    project: Project, settings: Settings
) -> None:
    settings.OUTCOME_DAYS = 90
    count(project, 0, 89, 90, 91, 400)
    assert prune(NOW).counts == 2
    assert OutcomeCount.objects.count() == 3


def test_what_was_set_aside_long_ago_is_deleted(
    project: Project, settings: Settings
) -> None:
    settings.POISON_DAYS = 30
    young, old = set_aside(project), set_aside(project)
    PoisonEntry.objects.filter(pk=young.pk).update(created_at=NOW)
    PoisonEntry.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(days=31))
    assert prune(NOW) == Pruned(counts=0, entries=1)
    assert PoisonEntry.objects.get() == young


def test_many_counts_cost_one_statement(project: Project) -> None:
    count(project, *range(200, 260))
    with CaptureQueriesContext(connection) as queries:
        prune(NOW)
    assert len([q for q in queries if "ingest_outcomecount" in q["sql"]]) == 1


def test_cleanup_says_what_it_deleted(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    count(project, 3000)
    entry = set_aside(project)
    long_ago = NOW - timedelta(days=3000)
    PoisonEntry.objects.filter(pk=entry.pk).update(created_at=long_ago)
    call_command("cleanup")
    told = capsys.readouterr().out
    assert "Old outcome counts deleted: 1" in told
    assert "Entries set aside long ago deleted: 1" in told
