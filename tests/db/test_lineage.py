"""A database that another errtrack has made is migrated or refused in a sentence."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from errtrack.commands import lineage
from errtrack.errors import OperatorError

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorder() -> MigrationRecorder:
    return MigrationRecorder(connection)


def test_empty_database_is_taken(recorder: MigrationRecorder) -> None:
    recorder.migration_qs.all().delete()
    lineage.check()


def test_older_database_is_taken(recorder: MigrationRecorder) -> None:
    recorder.record_unapplied("issues", "0018_events_by_receipt")
    lineage.check()


def test_newer_database_is_refused(recorder: MigrationRecorder) -> None:
    recorder.record_applied("issues", "9999_something_later")
    with pytest.raises(OperatorError, match=r"newer errtrack .*issues\.9999_something"):
        lineage.check()


def test_what_another_program_has_migrated_is_its_own_affair(
    recorder: MigrationRecorder,
) -> None:
    recorder.record_applied("warehouse", "0001_initial")
    lineage.check()


def test_database_whose_events_cannot_be_read_is_refused(
    recorder: MigrationRecorder,
) -> None:
    recorder.record_unapplied("releases", "0001_initial")
    with pytest.raises(OperatorError, match="early draft"):
        lineage.check()
