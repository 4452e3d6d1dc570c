"""Files of events: kept within limits, found by their event, removed with its day."""

from __future__ import annotations

import enum
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from issues import filestore, knownevents
from issues.filestore import Incoming, StorageFailed
from issues.models import Attachment, UserReport

# How long before its file an event may have been received.
_EVENT_WITHIN = timedelta(days=2)

# A file whose event has not come after this time is let go.
_WAITS = timedelta(days=1)

# Rows removed in one transaction.
_AT_ONCE = 500


class Verdict(enum.Enum):
    """What became of a file."""

    KEPT = enum.auto()
    DUPLICATE = enum.auto()
    # Its event was refused, or is beyond the hour's sample and only counted.
    EVENT_REFUSED = enum.auto()
    EVENT_SAMPLED = enum.auto()
    # The event has as many files, or as much in them, as it may have.
    EVENT_FULL = enum.auto()
    PROJECT_FULL = enum.auto()
    STORAGE_FAILED = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """A file as it came, not kept yet."""

    project_id: int
    event_id: uuid.UUID
    received_at: datetime
    name: str
    content_type: str
    kind: str
    file: Incoming
    # Its envelope held an event: if that is not stored, the file is of no use.
    has_event: bool

    @property
    def mark(self) -> tuple[int, uuid.UUID, str, str, str]:
        """What tells it from every other file."""
        return self.project_id, self.event_id, self.file.sha256, self.name, self.kind


@dataclass(slots=True)
class _Usage:
    """How many files, and how many bytes."""

    files: int = 0
    bytes: int = 0

    def has_room(self, size: int, max_files: int, max_bytes: int) -> bool:
        return self.files < max_files and self.bytes + size <= max_bytes

    def add(self, size: int) -> None:
        self.files += 1
        self.bytes += size


def store(files: Sequence[NewAttachment]) -> list[Verdict]:
    """Keeps what fits; gives for each file what became of it.

    The caller holds the lock of the files' shard and the transaction that has stored
    the events of the batch.
    """
    keeper = _Keeper(files)
    verdicts = [keeper.judge(file) for file in files]
    Attachment.objects.bulk_create(keeper.rows)
    return verdicts


class _Keeper:
    """Judges a batch's files one by one, by what is stored and what came before."""

    def __init__(self, files: Sequence[NewAttachment]) -> None:
        self.rows: list[Attachment] = []
        self._known = knownevents.find(
            {(file.project_id, file.event_id) for file in files},
            since=min(file.received_at for file in files) - _EVENT_WITHIN,
        )
        self._marks: set[tuple[int, uuid.UUID, str, str, str]] = set()
        self._of_event: defaultdict[knownevents.Key, _Usage] = defaultdict(_Usage)
        self._of_project: dict[int, _Usage] = {}
        self._read_stored(files)

    def judge(self, file: NewAttachment) -> Verdict:
        """Moves the file to the storage if it is to be kept."""
        verdict = self._refusal(file)
        if verdict is not None:
            return verdict
        try:
            filestore.keep(file.project_id, file.file)
        except StorageFailed:
            return Verdict.STORAGE_FAILED
        self._marks.add(file.mark)
        self._of_event[file.project_id, file.event_id].add(file.file.size)
        self._of_project[file.project_id].add(file.file.size)
        self.rows.append(self._row(file))
        return Verdict.KEPT

    def _refusal(self, file: NewAttachment) -> Verdict | None:
        event = self._known.get((file.project_id, file.event_id))
        if event is None and file.has_event:
            return Verdict.EVENT_REFUSED
        if event is not None and not event.is_kept:
            return Verdict.EVENT_SAMPLED
        if file.mark in self._marks:
            return Verdict.DUPLICATE
        if not self._of_event[file.project_id, file.event_id].has_room(
            file.file.size,
            settings.EVENT_ATTACHMENTS,
            settings.EVENT_ATTACHMENT_BYTES,
        ):
            return Verdict.EVENT_FULL
        if not self._of_project[file.project_id].has_room(
            file.file.size,
            settings.PROJECT_ATTACHMENTS,
            settings.PROJECT_ATTACHMENT_BYTES,
        ):
            return Verdict.PROJECT_FULL
        return None

    def _row(self, file: NewAttachment) -> Attachment:
        event = self._known.get((file.project_id, file.event_id))
        goes_with = event.received_at if event else file.received_at
        return Attachment(
            project_id=file.project_id,
            event_id=file.event_id,
            received_at=file.received_at,
            day=goes_with.astimezone(UTC).date(),
            name=file.name,
            content_type=file.content_type,
            kind=file.kind,
            size=file.file.size,
            sha1=file.file.sha1,
            sha256=file.file.sha256,
            is_waiting=event is None,
        )

    def _read_stored(self, files: Sequence[NewAttachment]) -> None:
        """The events' files and the projects' sums, as they are."""
        projects = {file.project_id for file in files}
        stored = Attachment.objects.filter(
            project__in=projects, event_id__in={file.event_id for file in files}
        )
        for row in stored:
            mark = (row.project_id, row.event_id, row.sha256, row.name, row.kind)
            self._marks.add(mark)
            self._of_event[row.project_id, row.event_id].add(row.size)
        for project in projects:
            self._of_project[project] = usage_of(project)


def usage_of(project_id: int) -> _Usage:
    """What the project has; equal files count each time."""
    sums = Attachment.objects.filter(project=project_id).aggregate(
        files=Count("pk"), bytes=Sum("size", default=0)
    )
    return _Usage(**sums)


def of_event(project_id: int, event_id: uuid.UUID) -> list[Attachment]:
    """The event's files in the order in which they came."""
    rows = Attachment.objects.filter(project=project_id, event_id=event_id)
    return list(rows.order_by("pk"))


def of_events(
    project_id: int, event_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[Attachment]]:
    """The files of each of the events that has any."""
    found: defaultdict[uuid.UUID, list[Attachment]] = defaultdict(list)
    if event_ids:
        rows = Attachment.objects.filter(project=project_id, event_id__in=event_ids)
        for row in rows.order_by("pk"):
            found[row.event_id].append(row)
    return found


def delete(project_id: int, rows: QuerySet[Attachment]) -> int:
    """Removes rows of the project, and then the files that nothing else names."""
    removed = 0
    while some := _delete_some(project_id, rows):
        removed += some
    return removed


def delete_some(project_id: int) -> int:
    """Removes some of the project's files; gives how many rows."""
    return _delete_some(project_id, Attachment.objects.filter(project=project_id))


def expire(before: date) -> int:
    """Removes the files of days before this one; gives how many rows."""
    return _delete_everywhere(Q(day__lt=before))


def settle_waiting(now: datetime) -> int:
    """Removes files whose event has not come in a day; gives how many rows.

    What hangs on feedback is found by the feedback's own id.
    """
    waiting = Attachment.objects.filter(
        is_waiting=True, received_at__lt=now - _WAITS
    ).order_by("received_at")
    removed = 0
    while some := list(waiting[:_AT_ONCE]):
        known = _known_of(some)
        lost = [r.pk for r in some if (r.project_id, r.event_id) not in known]
        found = [row.pk for row in some if row.pk not in lost]
        Attachment.objects.filter(pk__in=found).update(is_waiting=False)
        removed += _delete_everywhere(Q(pk__in=lost))
    return removed


def _known_of(rows: Sequence[Attachment]) -> set[knownevents.Key]:
    """What the rows may hang on, as far as it is stored."""
    keys = {(row.project_id, row.event_id) for row in rows}
    oldest = min(row.received_at for row in rows)
    since = oldest - timedelta(days=settings.RETENTION_DAYS)
    reports = UserReport.objects.filter(
        project__in={project_id for project_id, _ in keys},
        feedback_id__in={event_id for _, event_id in keys},
    )
    feedback = {(r.project_id, r.feedback_id) for r in reports if r.feedback_id}
    return knownevents.find(keys, since=since).keys() | feedback


def missing_files() -> list[str]:
    """What the storage calls the files that rows name and it has not."""
    missing: list[str] = []
    named = Attachment.objects.order_by("project_id")
    for project_id in named.values_list("project_id", flat=True).distinct():
        # Listed before the rows are read: what is added meanwhile is asked for below.
        stored = set(filestore.hashes_of(project_id))
        hashes = named.filter(project=project_id).values_list("sha256", flat=True)
        missing += [
            filestore.name_of(project_id, sha256)
            for sha256 in sorted(set(hashes) - stored)
            if not filestore.exists(project_id, sha256)
        ]
    return missing


def _delete_some(project_id: int, rows: QuerySet[Attachment]) -> int:
    some = dict(rows.values_list("pk", "sha256")[:_AT_ONCE])
    if some:
        Attachment.objects.filter(pk__in=some).delete()
        filestore.release(project_id, some.values())
    return len(some)


def _delete_everywhere(which: Q) -> int:
    rows = Attachment.objects.filter(which)
    projects = rows.order_by().values_list("project_id", flat=True).distinct()
    return sum(delete(project, rows.filter(project=project)) for project in projects)
