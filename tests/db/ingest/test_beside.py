"""Batches that another process prepares are what this one would have made of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path

import pytest

from ingest import beside
from ingest.batches import Batch, Here, Preparer
from ingest.beside import Beside
from ingest.envelope import Item, write_envelope
from ingest.preparation import Known
from ingest.stream import Entry
from issues.payloads import NO_DICTIONARY
from projects.models import Project
from projects.rules import NO_RULES
from tests.factories import make_entry, make_payload, make_project

pytestmark = pytest.mark.django_db


class _Unportable(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


class _Failing:
    """Fails for entries with such a body, and prepares the others."""

    def __init__(self, errors: dict[bytes, Exception]) -> None:
        self._errors = errors
        self._here = Here(1)

    @property
    def seats(self) -> int:
        return 1

    def prepare(self, entries: Sequence[Entry], known: Known) -> Batch:
        for entry in entries:
            if entry.body in self._errors:
                raise self._errors[entry.body]
        return self._here.prepare(entries, known)

    def start_anew(self) -> None:
        self._here.start_anew()


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def errors() -> dict[bytes, Exception]:
    return {}


@pytest.fixture
def other(errors: dict[bytes, Exception]) -> Iterator[Preparer]:
    """What prepares at the other end of a pipe."""
    ours, theirs = Pipe()
    thread = threading.Thread(
        target=beside.serve, args=(theirs, _Failing(errors), lambda: None)
    )
    thread.start()
    yield Beside([ours], Here(1))
    ours.close()
    thread.join()


def known(project: Project) -> Known:
    return Known({project.pk: NO_DICTIONARY}, {project.pk: NO_RULES})


def with_file(project: Project) -> Entry:
    payload = make_payload()
    items = [
        Item({"type": "event"}, memoryview(b'{"message":"x"}')),
        Item({"type": "attachment", "filename": "a.txt"}, memoryview(b"bytes")),
    ]
    body = write_envelope({"event_id": payload["event_id"]}, items)
    return make_entry(project, kind="envelope", body=body, event_id=payload["event_id"])


def test_a_batch_is_the_same_wherever_it_is_prepared(
    project: Project, other: Preparer
) -> None:
    entries = [make_entry(project), with_file(project)]
    there = other.prepare(entries, known(project))
    here = Here(1).prepare(entries, known(project))
    assert [held.events for held in there.prepared] == [
        held.events for held in here.prepared
    ]


def test_a_file_is_there_until_the_batch_is_forgotten(
    project: Project, other: Preparer, data_folder: Path
) -> None:
    batch = other.prepare([with_file(project)], known(project))
    path = batch.prepared[0].filed[0].record.file.path
    assert path.read_bytes() == b"bytes"
    del batch
    assert not path.exists()


def test_an_error_comes_back_with_where_it_happened(
    project: Project, other: Preparer, errors: dict[bytes, Exception]
) -> None:
    entry = make_entry(project)
    errors[entry.body] = ValueError("no sense in it")
    with pytest.raises(ValueError, match="no sense in it") as caught:
        other.prepare([entry], known(project))
    assert "in prepare" in "".join(caught.value.__notes__)


def test_an_error_that_cannot_travel_is_told_by_its_name(
    project: Project, other: Preparer, errors: dict[bytes, Exception]
) -> None:
    entry = make_entry(project)
    errors[entry.body] = _Unportable("not ", "again")
    with pytest.raises(RuntimeError, match="_Unportable: not again"):
        other.prepare([entry], known(project))


def test_work_goes_on_after_an_error(
    project: Project, other: Preparer, errors: dict[bytes, Exception]
) -> None:
    broken, entry = make_entry(project), make_entry(project)
    errors[broken.body] = ValueError("no sense in it")
    with pytest.raises(ValueError, match="no sense in it"):
        other.prepare([broken], known(project))
    assert len(other.prepare([entry], known(project)).prepared[0].events) == 1


class _Meeting(Here):
    """Prepares nothing before as many others do."""

    def __init__(self, meeting: threading.Barrier) -> None:
        super().__init__(1)
        self._meeting = meeting

    def prepare(self, entries: Sequence[Entry], known: Known) -> Batch:
        self._meeting.wait(10)
        return super().prepare(entries, known)


def test_every_seat_prepares_a_batch_at_the_same_time(project: Project) -> None:
    pipes = [Pipe() for _ in range(3)]
    meeting = threading.Barrier(len(pipes))
    others = [
        threading.Thread(
            target=beside.serve, args=(theirs, _Meeting(meeting), lambda: None)
        )
        for _, theirs in pipes
    ]
    for other in others:
        other.start()
    all_of_them = Beside([ours for ours, _ in pipes], Here(1))
    with ThreadPoolExecutor(all_of_them.seats) as threads:
        jobs = [
            threads.submit(all_of_them.prepare, [make_entry(project)], known(project))
            for _ in pipes
        ]
        assert [len(job.result().prepared) for job in jobs] == [1, 1, 1]
    for ours, _ in pipes:
        ours.close()
    for other in others:
        other.join()


def test_what_was_rolled_back_is_forgotten_there_too(
    project: Project, other: Preparer
) -> None:
    def has_payload() -> bool:
        batch = other.prepare([make_entry(project)], known(project))
        return batch.prepared[0].events[0].packed is not None

    assert [has_payload(), has_payload()] == [True, False]
    other.start_anew()
    assert has_payload()
