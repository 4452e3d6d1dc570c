"""A project's payloads shrink once its own dictionary is trained."""

from __future__ import annotations

import uuid

import pytest

from issues import dictionaries, events
from issues.models import Event, PayloadDictionary
from issues.payloads import NO_DICTIONARY
from projects.models import Project
from tests.factories import make_event, make_payload, make_project, store

pytestmark = pytest.mark.django_db

FIRST = dictionaries.TRAIN_AT[0]


@pytest.fixture
def project() -> Project:
    return make_project()


def store_some(project: Project, count: int) -> None:
    payloads = [
        make_payload(extra={"order": number, "path": f"/cart/{number}/items"})
        for number in range(count)
    ]
    store(*[make_event(project, payload) for payload in payloads])


def test_no_dictionary_is_trained_on_few_events(project: Project) -> None:
    store_some(project, FIRST - 1)
    assert not dictionaries.train_dictionary(project.pk)
    assert dictionaries.current(project.pk) == NO_DICTIONARY


def test_later_payloads_are_smaller_and_open_again(project: Project) -> None:
    store_some(project, FIRST)
    assert dictionaries.train_dictionary(project.pk)
    payload = make_payload(extra={"order": 4711, "path": "/cart/4711/items"})
    store(make_event(project, payload))
    row = Event.objects.get(event_id=uuid.UUID(payload["event_id"]))
    others = Event.objects.filter(dictionary_id=0)
    assert row.dictionary_id != 0
    assert row.payload is not None
    assert 2 * len(row.payload) < min(len(one.payload or b"") for one in others)
    opened = events.open_event(row).payload
    assert opened is not None
    assert opened["extra"] == payload["extra"]


def test_training_again_waits_for_many_more_events(project: Project) -> None:
    store_some(project, FIRST)
    dictionaries.train_dictionary(project.pk)
    store_some(project, FIRST)
    assert not dictionaries.train_dictionary(project.pk)
    assert PayloadDictionary.objects.count() == 1


def test_busy_project_is_asked_about_less_often(project: Project) -> None:
    assert dictionaries.events_between_checks(project.pk) == FIRST
    PayloadDictionary.objects.create(
        project=project, data=b"dictionary", trained_at_count=10_000
    )
    dictionaries.forget()
    assert dictionaries.events_between_checks(project.pk) == 5_000
