"""Files and reports of users on their way from the stream to their rows."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from ingest import committed, digest
from ingest.batches import Here
from ingest.envelope import Item, write_envelope
from ingest.models import OutcomeCount
from ingest.stream import Entry, encode_head, names
from issues import attachments, filestore
from issues.models import Attachment, Event, Issue, UserReport
from issues.store import forget_everything
from projects import valkey
from projects.models import Project
from tests.crashfiles import CONTEXT, make_minidump, make_unreal_report
from tests.factories import make_entry, make_payload, make_project

SHARD = 0

pytestmark = [
    pytest.mark.django_db,
    # Valkey is emptied.
    pytest.mark.usefixtures("data_folder", "store"),
]


@pytest.fixture
def project() -> Project:
    forget_everything()
    return make_project("shop")


def item(kind: str, payload: Any, **headers: Any) -> Item:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Item({"type": kind, **headers}, memoryview(data))


def file(data: bytes = b"hello", **headers: Any) -> Item:
    return item("attachment", data, **{"filename": "log.txt", **headers})


def envelope(project: Project, event_id: str, *items: Item, **fields: Any) -> Entry:
    body = write_envelope({"event_id": event_id}, items)
    payload = {"event_id": event_id}
    return make_entry(project, payload, kind="envelope", body=body, **fields)


def digested(*entries: Entry) -> dict[str, int]:
    """What the entries were counted as: "category outcome reason" and how often."""
    for entry in entries:
        fields: Any = {"head": encode_head(entry), "body": entry.body}
        valkey.blocking().xadd(names(SHARD).stream, fields)
    digest.drain(SHARD)
    rows = OutcomeCount.objects.values_list("category", "outcome", "reason", "count")
    return {" ".join(row[:3]).strip(): row[3] for row in rows}


def test_a_file_is_stored_beside_its_event(project: Project) -> None:
    payload = make_payload()
    shot = file(
        b"\x89PNG", filename="screenshot.png", content_type="image/png", length=4
    )
    counts = digested(
        envelope(project, payload["event_id"], item("event", payload), shot)
    )
    assert counts == {"error accepted": 1, "attachment accepted": 1}
    (row,) = attachments.of_event(project.pk, Event.objects.get().event_id)
    assert (row.name, row.content_type, row.kind, row.is_waiting) == (
        "screenshot.png",
        "image/png",
        "event.attachment",
        False,
    )


def test_a_file_may_come_before_and_after_its_event(project: Project) -> None:
    payload = make_payload()
    event_id = payload["event_id"]
    digested(
        envelope(project, event_id, file(b"before")),
        envelope(project, event_id, item("event", payload)),
        envelope(project, event_id, file(b"after")),
    )
    rows = attachments.of_event(project.pk, uuid.UUID(event_id))
    assert [row.size for row in rows] == [6, 5]


def test_a_resent_event_brings_its_files_once(project: Project) -> None:
    payload = make_payload()
    sent = [payload["event_id"], item("event", payload), file()]
    counts = digested(envelope(project, *sent), envelope(project, *sent))
    assert counts == {
        "error accepted": 1,
        "error duplicate": 1,
        "attachment accepted": 1,
        "attachment duplicate": 1,
    }


def test_files_of_events_that_are_not_stored_are_counted_as_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "_preparer", Here(1))
    sampled = [make_payload(), make_payload()]
    counts = digested(
        envelope(project, uuid.uuid4().hex, item("event", b"{broken"), file(b"1")),
        envelope(project, uuid.uuid4().hex, item("transaction", {}), file(b"2")),
        *(
            envelope(project, one["event_id"], item("event", one), file(b"3"))
            for one in sampled
        ),
    )
    assert counts["attachment filtered event_refused"] == 2
    assert counts["attachment filtered event_sampled"] == 1
    assert counts["attachment accepted"] == 1


def test_files_of_a_flood_cost_no_writing(
    project: Project, monkeypatch: pytest.MonkeyPatch, data_folder: Path
) -> None:
    monkeypatch.setattr(digest, "_preparer", Here(1))
    payload = make_payload()
    digested(envelope(project, payload["event_id"], item("event", payload)))
    later = make_payload()
    counts = digested(
        envelope(project, later["event_id"], item("event", later), file())
    )
    assert counts["attachment filtered event_sampled"] == 1
    assert not (data_folder / "incoming").exists()


def test_a_worker_killed_before_the_commit_leaves_no_row_without_a_file(
    project: Project, monkeypatch: pytest.MonkeyPatch, data_folder: Path
) -> None:
    class Died(BaseException):
        pass

    def die(_shard: int, _entries: Any) -> None:
        raise Died

    payload = make_payload()
    entry = envelope(project, payload["event_id"], item("event", payload), file())
    with monkeypatch.context() as patch:
        patch.setattr(committed, "remember", die)
        with pytest.raises(Died):
            digested(entry)
    assert len(list((data_folder / "attachments").rglob("*"))) == 2
    assert not Attachment.objects.exists()
    assert digested() == {"error accepted": 1, "attachment accepted": 1}
    assert Attachment.objects.count() == 1
    assert attachments.missing_files() == []
    assert filestore.sweep() == 0


def test_each_limit_has_its_outcome(
    project: Project, settings: Settings, data_folder: Path
) -> None:
    settings.MAX_ATTACHMENT_BYTES = 5
    settings.EVENT_ATTACHMENTS = 2
    settings.PROJECT_ATTACHMENT_BYTES = 4
    counts = digested(
        envelope(project, uuid.uuid4().hex, file(b"123456")),
        envelope(project, uuid.uuid4().hex, file(b"1"), file(b"2"), file(b"3")),
        envelope(project, uuid.uuid4().hex, file(b"1234")),
        envelope(
            project, uuid.uuid4().hex, file(b"?", attachment_type="event.minidump")
        ),
    )
    assert counts == {
        "attachment accepted": 2,
        "attachment too_large attachment": 1,
        "attachment too_large event_attachments": 1,
        "attachment rate_limited project_attachments": 1,
        "attachment invalid minidump": 1,
    }
    assert list((data_folder / "incoming").iterdir()) == []


def test_a_dump_alone_becomes_an_event_with_its_file(project: Project) -> None:
    dump = file(make_minidump(), filename="a.dmp", attachment_type="event.minidump")
    counts = digested(envelope(project, uuid.uuid4().hex, dump))
    assert counts == {"error accepted": 1, "attachment accepted": 1}
    issue = Issue.objects.get()
    assert issue.title == (
        "EXCEPTION_ACCESS_VIOLATION: write of 0x10 at game.exe+0x1234"
    )
    assert issue.culprit == "game.exe+0x1234"
    assert issue.state.level == 50
    assert Attachment.objects.get().kind == "event.minidump"


def test_crashes_at_other_places_are_other_issues(project: Project) -> None:
    def crash(address: int) -> Entry:
        data = make_minidump(address=address, instruction=address)
        dump = file(data, attachment_type="event.minidump")
        return envelope(project, uuid.uuid4().hex, dump)

    digested(*(crash(0x140000000 + place) for place in (1, 1, 2)))
    counts = Issue.objects.values_list("state__event_count", flat=True)
    assert sorted(counts) == [1, 2]


def test_a_report_of_unreal_brings_event_files_and_what_the_user_said(
    project: Project,
) -> None:
    files = {"CrashContext.runtime-xml": CONTEXT, "Shop.log": b"line"}
    report = item("unreal_report", make_unreal_report(files))
    broken = item("unreal_report", b"nothing")
    counts = digested(
        envelope(project, uuid.uuid4().hex, report),
        envelope(project, uuid.uuid4().hex, broken),
    )
    assert counts == {
        "error accepted": 1,
        "error invalid unreal_report": 1,
        "attachment accepted": 2,
        "feedback accepted": 1,
    }
    assert Issue.objects.get().title == "Assert: Assertion failed: Health > 0"
    said = UserReport.objects.get()
    assert (said.comments, said.name) == ("I opened the door", "ann")
    assert said.issue == Issue.objects.get()


def test_a_users_report_is_bounded_and_without_secrets(project: Project) -> None:
    payload = make_payload()
    report = {
        "event_id": payload["event_id"],
        "name": "Ann\x00" + "x" * 500,
        "email": "ann@example.com",
        "comments": "My password: hunter22 \n" + "y" * 9000,
    }
    digested(
        envelope(project, payload["event_id"], item("event", payload)),
        envelope(project, payload["event_id"], item("user_report", report)),
    )
    row = UserReport.objects.get()
    assert row.comments.startswith("My password: [Filtered]")
    assert (len(row.comments), len(row.name)) == (4096, 128)
    assert row.issue == Issue.objects.get()


def test_feedback_is_about_the_event_that_it_names(project: Project) -> None:
    payload = make_payload()
    feedback: dict[str, Any] = {
        "event_id": uuid.uuid4().hex,
        "contexts": {
            "feedback": {
                "message": "Nothing happens",
                "contact_email": "ann@example.com",
                "name": "Ann",
                "url": "https://shop.example/cart",
                "associated_event_id": payload["event_id"],
            }
        },
    }
    shot = file(b"\x89PNG", filename="screenshot.png")
    counts = digested(
        envelope(project, payload["event_id"], item("event", payload)),
        envelope(project, feedback["event_id"], item("feedback", feedback), shot),
    )
    assert counts["feedback accepted"] == 1
    row = UserReport.objects.get()
    assert (row.comments, row.name, row.email) == (
        "Nothing happens",
        "Ann",
        "ann@example.com",
    )
    assert row.issue == Issue.objects.get()
    assert row.feedback_id is not None
    assert len(attachments.of_event(project.pk, row.feedback_id)) == 1


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("user_report", b"{", "json"),
        ("user_report", [], "not_an_object"),
        ("user_report", {"comments": " "}, "comments"),
        ("user_report", {"comments": 7}, "comments"),
        ("feedback", {"contexts": {"feedback": "hello"}}, "comments"),
        ("feedback", {"contexts": None}, "comments"),
    ],
)
def test_what_says_nothing_is_counted_as_invalid(
    project: Project, kind: str, payload: Any, reason: str
) -> None:
    counts = digested(envelope(project, uuid.uuid4().hex, item(kind, payload)))
    assert counts == {f"feedback invalid {reason}": 1}


def test_the_same_report_again_is_a_duplicate(project: Project) -> None:
    report = {"event_id": uuid.uuid4().hex, "comments": "It broke"}
    sent = [envelope(project, "", item("user_report", report)) for _ in range(2)]
    assert digested(*sent) == {"feedback accepted": 1, "feedback duplicate": 1}
