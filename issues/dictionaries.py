"""The zstd dictionaries of projects: which to pack with, and when to train another."""

from __future__ import annotations

import time
from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction
from django.db.models import Sum

from issues import sql
from issues.models import IssueState, PayloadDictionary
from issues.payloads import NO_DICTIONARY, Dictionary, raw_payload, train
from projects.models import Project

# Events a project must have stored before its first dictionary, its second and so on:
# an early one saves most, a later one knows what the project sends by then.
TRAIN_AT = (50, 1_000, 10_000, 100_000, 1_000_000)
_SAMPLES = 100

# Another process may have trained one: look again after this long.
_FRESH_FOR_S = 30.0

# By project: the dictionary to pack with, its trained_at_count, and until when
# (monotonic seconds) that is believed.
_current: dict[int, tuple[Dictionary, int, float]] = {}

_SAMPLE_PAYLOADS = """
SELECT payload, dictionary_id FROM issues_event
WHERE project_id = %s AND payload IS NOT NULL
  AND received_at > now() - interval '2 days'
LIMIT %s
"""


def current(project_id: int) -> Dictionary:
    """The newest dictionary of the project; NO_DICTIONARY until there is one."""
    return _look_up(project_id)[0]


def by_id(dictionary_id: int) -> Dictionary:
    """The dictionary that opens a payload. Raises PayloadDictionary.DoesNotExist."""
    return _by_id(dictionary_id) if dictionary_id else NO_DICTIONARY


def is_training_due(project_id: int) -> bool:
    """Whether the project has the events for its first or its next dictionary."""
    _, trained_at, _ = _look_up(project_id)
    if trained_at >= TRAIN_AT[-1]:
        return False
    stored = events_of(project_id)
    return any(trained_at < threshold <= stored for threshold in TRAIN_AT)


def events_between_checks(project_id: int) -> int:
    """After how many more events it is worth asking whether training is due."""
    _, trained_at, _ = _look_up(project_id)
    return max(TRAIN_AT[0], trained_at // 2)


def train_dictionary(project_id: int) -> bool:
    """Trains a dictionary on the project's newest payloads, if one is due.

    Takes about 0.1 s. Gives whether it made one.
    """
    _current.pop(project_id, None)
    if not is_training_due(project_id):
        return False
    samples = [
        raw_payload(bytes(payload), by_id(dictionary_id))
        for payload, dictionary_id in sql.run(_SAMPLE_PAYLOADS, project_id, _SAMPLES)
    ]
    data = train(samples) if len(samples) >= TRAIN_AT[0] else b""
    if not data:
        return False
    with transaction.atomic():
        # One at a time: a second worker finds the first one's dictionary.
        Project.objects.select_for_update(no_key=True).get(pk=project_id)
        _current.pop(project_id, None)
        if not is_training_due(project_id):
            return False
        PayloadDictionary.objects.create(
            project_id=project_id,
            data=data,
            trained_at_count=events_of(project_id),
        )
    _current.pop(project_id, None)
    return True


def events_of(project_id: int) -> int:
    """How many events the project has had."""
    counts = IssueState.objects.filter(project_id=project_id)
    total: int = counts.aggregate(total=Sum("event_count", default=0))["total"]
    return total


# Looking through the events is the last step: few dictionaries come so far.
_DELETE_UNUSED = """
DELETE FROM issues_payloaddictionary AS old
WHERE EXISTS (
    SELECT 1 FROM issues_payloaddictionary AS successor
    WHERE successor.project_id = old.project_id AND successor.id > old.id
      AND successor.created_at < %s
) AND NOT EXISTS (SELECT 1 FROM issues_event WHERE dictionary_id = old.id)
"""


def forget_unused(replaced_before: datetime) -> int:
    """Removes dictionaries with a successor from before then that no event needs."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_UNUSED, [replaced_before])
        return int(cursor.rowcount)


def forget() -> None:
    """Drops what the process remembers of the database, as a new process does."""
    _current.clear()
    _by_id.cache_clear()


def _look_up(project_id: int) -> tuple[Dictionary, int, float]:
    known = _current.get(project_id)
    if known is None or known[2] < time.monotonic():
        row = (
            PayloadDictionary.objects.filter(project_id=project_id)
            .order_by("-id")
            .first()
        )
        until = time.monotonic() + _FRESH_FOR_S
        known = (
            (_by_id(row.pk), row.trained_at_count, until)
            if row
            else (NO_DICTIONARY, 0, until)
        )
        _current[project_id] = known
    return known


@lru_cache(maxsize=256)
def _by_id(dictionary_id: int) -> Dictionary:
    row = PayloadDictionary.objects.get(pk=dictionary_id)
    return Dictionary(row.pk, bytes(row.data))
