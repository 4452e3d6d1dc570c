"""An event id is found on its way: in the queue, and on the disk of the edge."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import redis

from ingest import spoolfile, waiting, whereabouts
from ingest.spoolfolder import Folder
from ingest.stream import Entry, encode_head
from ingest.whereabouts import Place
from projects import valkey
from projects.models import Project
from tests.factories import make_entry, make_issue, make_project

pytestmark = pytest.mark.django_db

ID = "fc6d8c0c43fc4630ad850ee518f1b9d0"


@pytest.fixture
def project(store: redis.Redis) -> Project:
    return make_project("shop")


def entry(project: Project, event_id: str = ID) -> Entry:
    return make_entry(project, {"event_id": event_id})


def keep(spool: Path, *entries: Entry) -> None:
    """Writes the requests as the edge does while the stream takes none."""
    folder = Folder(spool, 2**20)
    folder.take_slot()
    packed = [spoolfile.pack(encode_head(one), one.body) for one in entries]
    assert folder.write(0, packed).kept == len(entries)
    folder.close()


def test_a_request_on_the_disk_is_found(project: Project, spool: Path) -> None:
    others = [entry(project, uuid.uuid4().hex) for _ in range(20)]
    sent = entry(project)
    keep(spool, *others, sent, entry(make_project("web")))
    (found,) = waiting.find_spooled([project.pk], ID)
    assert found == (project.pk, sent.received_at)


def test_a_machine_without_a_spool_has_nothing(project: Project, spool: Path) -> None:
    assert waiting.find_spooled([project.pk], ID) == []


def test_what_is_on_the_disk_is_told_without_the_queue(
    project: Project, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(spool, entry(project))
    away = redis.Redis(unix_socket_path="/nonexistent/valkey.sock")
    monkeypatch.setattr(valkey, "blocking", lambda: away)
    told = whereabouts.find([project], ID)
    assert [finding.place for finding in told.findings] == [Place.WAITING]
    assert not told.is_complete


def test_what_is_stored_waits_no_more(project: Project, spool: Path) -> None:
    keep(spool, entry(project))
    make_issue(project, event_id=ID)
    told = whereabouts.find([project], ID)
    assert [finding.place for finding in told.findings] == [Place.STORED]
