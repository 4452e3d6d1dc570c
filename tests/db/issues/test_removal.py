"""Deleted projects are removed to the last row, and nothing of the others."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from ingest.models import OutcomeCount, PoisonEntry
from issues import removal
from issues.models import Event, EventPart, Issue
from projects.models import Project
from projects.services import hide_project
from tests.factories import make_event, make_issue, make_payload, make_project, store
from tests.files import attach
from tests.people import make_user
from tests.reports import say
from tests.settling import resolve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_folder")]


def models_of_projects() -> list[type[Model]]:
    """Every model whose rows belong to a project."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if any(field.related_model is Project for field in model._meta.fields)
    ]


def rows_of(project: Project) -> dict[str, int]:
    counts = {
        model.__name__: model._base_manager.filter(project=project).count()
        for model in models_of_projects()
    }
    return {name: count for name, count in counts.items() if count}


def fill(project: Project) -> None:
    """Some issues with events, users, tags and activity; an outcome and a poison."""
    first = make_issue(project)
    second = make_issue(project, exception=None, message="another")
    resolve([first.pk, second.pk], user=make_user())
    say(project, "about the first", about=first)
    say(project, "about none")
    attach(first, b"line", "app.log")
    store(*(make_event(project) for _ in range(5)))
    now = datetime.now(UTC)
    OutcomeCount.objects.create(
        project=project, key_id=1, hour=1, category="error", outcome="accepted", count=1
    )
    PoisonEntry.objects.create(
        project=project,
        key_id=1,
        shard=0,
        received_at=now,
        fields={},
        body=b"{}",
        reason="broken",
        tries=3,
    )


def test_nothing_is_left_of_a_deleted_project_and_all_of_the_others() -> None:
    doomed, other = make_project(), make_project()
    for project in (doomed, other):
        fill(project)
    before = rows_of(other)
    assert {"Issue", "Event", "EventPart", "HourCount", "PoisonEntry"} <= before.keys()
    assert (before["UserReport"], before["Attachment"]) == (2, 1)
    hide_project(doomed)
    assert removal.remove_deleted()
    assert rows_of(doomed) == {}
    assert rows_of(other) == before
    doomed.refresh_from_db()
    assert doomed.name == ""


def test_living_projects_are_not_touched() -> None:
    project = make_project()
    fill(project)
    before = rows_of(project)
    assert removal.remove_deleted()
    assert rows_of(project) == before


def test_an_event_that_was_under_way_is_removed_by_the_next_run() -> None:
    project = make_project()
    hide_project(project)
    removal.remove_deleted()
    late = make_event(project, make_payload())
    assert store(late).events == [late]
    assert removal.remove_deleted()
    assert rows_of(project) == {}


def test_a_run_ends_when_its_time_is_up_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = make_project()
    fill(project)
    hide_project(project)
    monkeypatch.setattr(removal, "RUN_MAX_S", 0.0)
    monkeypatch.setattr(removal, "_ISSUES_AT_ONCE", 1)
    assert not removal.remove_deleted()
    assert Issue.objects.filter(project=project).count() == 1
    # What is left is whole: an issue's events went with it.
    left = Issue.objects.get(project=project)
    events = Event.objects.filter(project=project)
    assert {event.issue_id for event in events} == {left.pk}
    monkeypatch.setattr(removal, "RUN_MAX_S", 60.0)
    assert removal.remove_deleted()
    assert not EventPart.objects.filter(project=project).exists()


def test_a_run_without_deleted_projects_costs_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    project = make_project()
    hide_project(project)
    removal.remove_deleted()
    with django_assert_num_queries(1):
        assert removal.remove_deleted()
