"""Files of events: kept once, within limits, and never a row without a file."""

from __future__ import annotations

import gc
import hashlib
import os
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from pytest_django import Settings

from issues import attachments, filestore, removal
from issues.attachments import NewAttachment, Verdict
from issues.filestore import Incoming
from issues.models import Attachment, Event
from issues.retention import keep_partitions
from projects.models import Project
from projects.services import hide_project
from tests.factories import make_event, make_project, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_folder")]


@pytest.fixture
def project() -> Project:
    return make_project()


def new_file(project: Project, data: bytes = b"hello", **fields: Any) -> NewAttachment:
    values: dict[str, Any] = {
        "project_id": project.pk,
        "event_id": uuid.uuid4(),
        "received_at": datetime.now(UTC),
        "name": "log.txt",
        "content_type": "text/plain",
        "kind": "event.attachment",
        "has_event": False,
        **fields,
    }
    return NewAttachment(file=Incoming(data), **values)


def kept(folder: Path) -> list[str]:
    """The files in the storage."""
    files = (folder / "attachments").rglob("*")
    return sorted(path.name for path in files if path.is_file())


def content(row: Attachment) -> bytes:
    with filestore.open_file(row.project_id, row.sha256) as file:
        data: bytes = file.read()
    return data


def test_a_file_is_found_by_its_event(project: Project) -> None:
    event = make_event(project)
    store(event)
    file = new_file(project, b"\x00\xff", event_id=event.event_id, has_event=True)
    assert attachments.store([file]) == [Verdict.KEPT]
    (row,) = attachments.of_event(project.pk, event.event_id)
    assert content(row) == b"\x00\xff"
    assert (row.name, row.size, row.is_waiting) == ("log.txt", 2, False)
    assert row.sha1 == hashlib.sha1(b"\x00\xff").hexdigest()


def test_equal_files_of_a_project_are_kept_once(
    project: Project, data_folder: Path
) -> None:
    files = [new_file(project), new_file(project), new_file(make_project())]
    assert set(attachments.store(files)) == {Verdict.KEPT}
    assert len(kept(data_folder)) == 2
    assert Attachment.objects.count() == 3


def test_a_resent_file_is_recognised(project: Project) -> None:
    event_id = uuid.uuid4()
    first = new_file(project, event_id=event_id)
    again = new_file(project, event_id=event_id)
    assert attachments.store([first, again]) == [Verdict.KEPT, Verdict.DUPLICATE]
    assert attachments.store([new_file(project, event_id=event_id)]) == [
        Verdict.DUPLICATE
    ]
    assert Attachment.objects.count() == 1


def test_files_of_events_that_are_not_kept_are_not_kept(
    project: Project, data_folder: Path
) -> None:
    sampled = make_event(project)
    sampled.packed = None
    store(sampled)
    files = [
        new_file(project, has_event=True),
        new_file(project, event_id=sampled.event_id, has_event=True),
        new_file(project, event_id=sampled.event_id),
    ]
    assert attachments.store(files) == [
        Verdict.EVENT_REFUSED,
        Verdict.EVENT_SAMPLED,
        Verdict.EVENT_SAMPLED,
    ]
    assert kept(data_folder) == []


@pytest.mark.parametrize(
    ("limit", "value", "verdict"),
    [
        ("EVENT_ATTACHMENTS", 2, Verdict.EVENT_FULL),
        ("EVENT_ATTACHMENT_BYTES", 2, Verdict.EVENT_FULL),
        ("PROJECT_ATTACHMENTS", 2, Verdict.PROJECT_FULL),
        ("PROJECT_ATTACHMENT_BYTES", 2, Verdict.PROJECT_FULL),
    ],
)
def test_limits_hold_within_a_batch_and_after_it(
    project: Project, settings: Settings, limit: str, value: int, verdict: Verdict
) -> None:
    setattr(settings, limit, value)
    event_id = uuid.uuid4()

    def file(data: bytes) -> NewAttachment:
        return new_file(project, data, event_id=event_id)

    assert attachments.store([file(b"1")]) == [Verdict.KEPT]
    assert attachments.store([file(b"2"), file(b"3")]) == [Verdict.KEPT, verdict]
    other = new_file(make_project(), b"4")
    assert attachments.store([file(b"5"), other]) == [verdict, Verdict.KEPT]


def test_a_storage_that_fails_costs_the_file_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(FileSystemStorage, "_save", fail)
    assert attachments.store([new_file(project)]) == [Verdict.STORAGE_FAILED]
    assert not Attachment.objects.exists()


def test_a_file_cut_short_by_a_kill_is_written_again(
    project: Project, data_folder: Path
) -> None:
    file = new_file(project, b"whole")
    path = data_folder / "attachments" / filestore.name_of(project.pk, file.file.sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"wh")
    attachments.store([file])
    assert content(Attachment.objects.get()) == b"whole"


def test_what_is_not_kept_leaves_nothing_behind(
    project: Project, data_folder: Path
) -> None:
    file = new_file(project)
    assert len(list((data_folder / "incoming").iterdir())) == 1
    del file
    gc.collect()
    assert list((data_folder / "incoming").iterdir()) == []


def test_a_sweep_removes_what_killed_processes_left(
    project: Project, data_folder: Path
) -> None:
    attachments.store([new_file(project, b"named")])
    filestore.keep(project.pk, Incoming(b"never committed"))
    fresh, old = data_folder / "incoming" / "fresh", data_folder / "incoming" / "old"
    fresh.touch()
    old.touch()
    os.utime(old, (time.time() - 7200,) * 2)
    assert filestore.sweep() == 2
    assert [content(row) for row in Attachment.objects.all()] == [b"named"]
    assert fresh.exists()
    assert not old.exists()


def test_a_file_stays_as_long_as_any_row_names_it(
    project: Project, data_folder: Path
) -> None:
    attachments.store([new_file(project), new_file(project)])
    first, second = Attachment.objects.all()
    attachments.delete(project.pk, Attachment.objects.filter(pk=first.pk))
    assert content(second) == b"hello"
    attachments.delete(project.pk, Attachment.objects.filter(pk=second.pk))
    assert kept(data_folder) == []


def test_files_go_with_the_day_of_their_event(
    project: Project, data_folder: Path
) -> None:
    now = datetime.now(UTC)
    received = (now - timedelta(days=91)).replace(hour=23, minute=59)
    event = make_event(project, received_at=received)
    store(event)
    late = received + timedelta(minutes=30)
    files = [
        new_file(project, b"1", event_id=event.event_id, received_at=late),
        new_file(project, b"2", received_at=now),
    ]
    attachments.store(files)
    assert keep_partitions(now).attachments == 1
    assert not Event.objects.exists()
    assert [content(row) for row in Attachment.objects.all()] == [b"2"]
    assert len(kept(data_folder)) == 1


def test_a_file_waits_a_day_for_its_event(project: Project) -> None:
    event = make_event(project)
    day_ago = datetime.now(UTC) - timedelta(hours=25)
    attachments.store(
        [
            new_file(project, b"lost", received_at=day_ago),
            new_file(project, b"found", event_id=event.event_id, received_at=day_ago),
            new_file(project, b"young"),
        ]
    )
    store(event)
    assert keep_partitions().attachments == 1
    rows = Attachment.objects.order_by("pk")
    assert [(content(row), row.is_waiting) for row in rows] == [
        (b"found", False),
        (b"young", True),
    ]


def test_a_deleted_project_leaves_no_file(project: Project, data_folder: Path) -> None:
    attachments.store([new_file(project, bytes([n])) for n in range(5)])
    hide_project(project)
    assert removal.remove_deleted()
    assert not Attachment.objects.exists()
    assert kept(data_folder) == []


def test_repair_tells_of_rows_without_a_file(
    project: Project, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attachments.store([new_file(project, b"1"), new_file(project, b"2")])
    assert attachments.missing_files() == []
    gone = Attachment.objects.first()
    assert gone is not None
    (data_folder / "attachments" / filestore.name_of(project.pk, gone.sha256)).unlink()
    call_command("repair", "--dry-run")
    assert f"{project.pk}/{gone.sha256}" in capsys.readouterr().out


def test_files_are_readable_by_the_service_only(
    project: Project, data_folder: Path
) -> None:
    attachments.store([new_file(project)])
    paths = [p for p in (data_folder / "attachments").rglob("*") if p.is_file()]
    assert [path.stat().st_mode & 0o077 for path in paths] == [0]


def test_any_django_storage_will_do(
    project: Project, settings: Settings, data_folder: Path
) -> None:
    backend = "django.core.files.storage.InMemoryStorage"
    settings.STORAGES = settings.STORAGES | {"attachments": {"BACKEND": backend}}
    assert filestore.sweep() == 0
    attachments.store([new_file(project, b"1"), new_file(project, b"2")])
    first, second = Attachment.objects.order_by("pk")
    assert (content(first), content(second)) == (b"1", b"2")
    Attachment.objects.filter(pk=first.pk).delete()
    assert filestore.sweep() == 1
    assert content(second) == b"2"
    assert attachments.missing_files() == []
    assert not (data_folder / "attachments").exists()
