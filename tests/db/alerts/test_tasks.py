"""When people are told: soon after it is due, and without polling for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django import Settings

from alerts import tasks
from alerts.models import Notice
from errtrack.schedule import MAIL_SCHEDULE
from issues.models import Issue
from projects import valkey
from projects.models import User
from tests import mailing
from tests.telling import happened

QUEUE = "errtrack"


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    valkey.blocking().flushdb()
    yield
    valkey.blocking().flushdb()


def waiting_calls() -> int:
    return int(valkey.blocking().llen(QUEUE))


def test_where_no_mail_leaves_beat_calls_nobody() -> None:
    assert not MAIL_SCHEDULE.keys() & settings.CELERY_BEAT_SCHEDULE.keys()


def test_what_is_not_due_yet_gets_one_reminder(issue: Issue, ann: User) -> None:
    happened(issue)
    tasks.tell()
    assert Notice.objects.count() == 1
    assert waiting_calls() == 1
    tasks.tell(is_reminder=True)
    assert waiting_calls() == 1


@pytest.mark.django_db
def test_nothing_to_tell_calls_nobody(settings: Settings) -> None:
    mailing.use(settings, mailing.free_port())
    tasks.tell()
    assert waiting_calls() == 0
