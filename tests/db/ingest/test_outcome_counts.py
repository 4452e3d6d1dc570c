"""Whatever the digest reads is counted once, and refused ids are remembered."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ingest import digest, fates
from ingest.items.client_report import STRANGE_PAIRS_AN_HOUR
from ingest.models import OutcomeCount
from ingest.stream import Entry, ShardStream
from issues.models import Event
from projects.models import Project
from tests.appending import append
from tests.db.ingest.test_edge import ID, envelope, event
from tests.factories import make_entry, make_payload, make_project

pytestmark = pytest.mark.usefixtures("committed_db")

Item = tuple[dict[str, Any], bytes]


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def entry_of(project: Project, *items: Item, **headers: Any) -> Entry:
    headers = {"event_id": ID, **headers}
    return make_entry(
        project,
        {"event_id": ID},
        kind="envelope",
        body=envelope(*items, **headers),
    )


def counts() -> dict[tuple[str, str, str], int]:
    rows = OutcomeCount.objects.values_list("category", "outcome", "reason", "count")
    return {
        (category, outcome, reason): count for category, outcome, reason, count in rows
    }


def test_what_is_not_kept_is_counted_by_its_records(project: Project) -> None:
    logs = json.dumps({"items": [{"body": "x"}] * 3}).encode()
    items: list[Item] = [
        ({"type": "log", "item_count": 3, "length": len(logs)}, logs),
        ({"type": "transaction"}, b"{}"),
        ({"type": "riddle"}, b"{}"),
        ({"type": "profile"}, b"{}"),
        ({"type": "replay_event"}, b"{}"),
        ({"type": "statsd"}, b"a@none:1|c"),
    ]
    append(entry_of(project, *items))
    digest.drain(0)
    assert counts() == {
        ("log_item", "unsupported", "item_type"): 3,
        ("transaction", "unsupported", "item_type"): 1,
        ("unknown", "unsupported", "item_type"): 1,
        ("profile", "unsupported", "item_type"): 1,
        ("replay", "unsupported", "item_type"): 1,
        ("metric_bucket", "unsupported", "item_type"): 1,
    }


def test_a_transaction_sent_as_an_event_is_no_event(project: Project) -> None:
    payload = make_payload(type="transaction", transaction="/cart")
    as_item = entry_of(project, event(b'{"type":"transaction"}'))
    append(make_entry(project, payload), as_item)
    digest.drain(0)
    assert counts() == {("transaction", "unsupported", "item_type"): 2}
    assert Event.objects.count() == 0


def test_a_second_event_of_an_envelope_is_counted_as_invalid(project: Project) -> None:
    append(entry_of(project, event(), event(b'{"message":"y"}')))
    digest.drain(0)
    assert counts() == {
        ("default", "accepted", ""): 1,
        ("error", "invalid", "second_event"): 1,
    }


def test_a_body_that_turns_out_to_be_damaged_is_counted_and_remembered(
    project: Project,
) -> None:
    whole = gzip.compress(make_entry(project).body)
    middle = len(whole) // 2
    body = whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :]
    damaged = make_entry(project, body=body, encoding="gzip")
    append(damaged, make_entry(project))
    digest.drain(0)
    assert counts() == {("error", "accepted", ""): 1, ("unknown", "invalid", "body"): 1}
    (fate,) = fates.find(project.pk, damaged.event_id)
    assert (fate.outcome, fate.reason) == ("invalid", "body")


def test_a_duplicate_is_counted_as_one(project: Project) -> None:
    payload = make_payload()
    append(make_entry(project, payload), make_entry(project, payload))
    digest.drain(0)
    assert counts() == {
        ("error", "accepted", ""): 1,
        ("error", "duplicate", ""): 1,
    }


def test_the_id_of_a_refused_event_is_remembered_with_its_reason(
    project: Project,
) -> None:
    sent = entry_of(project, event(b"[]"))
    append(sent)
    digest.drain(0)
    (fate,) = fates.find(project.pk, ID)
    assert (fate.category, fate.outcome, fate.reason) == (
        "error",
        "invalid",
        "not_an_object",
    )
    assert fate.at == sent.received_at.replace(microsecond=0)


def test_ids_that_are_stored_or_not_kept_need_no_memory(project: Project) -> None:
    append(entry_of(project, event(), ({"type": "transaction"}, b"{}")))
    digest.drain(0)
    assert fates.find(project.pk, ID) == []


def test_a_batch_killed_after_its_commit_counts_what_was_sent(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Killed

    append(
        make_entry(project),
        entry_of(project, event(b"[]"), ({"type": "log", "item_count": 1}, b"{}")),
    )
    with monkeypatch.context() as patch:
        patch.setattr(ShardStream, "acknowledge", die)
        with pytest.raises(Killed):
            digest.drain(0)
    digest.drain(0)
    assert counts() == {
        ("error", "accepted", ""): 1,
        ("error", "invalid", "not_an_object"): 1,
        ("log_item", "unsupported", "item_type"): 1,
    }
    assert ShardStream(0).backlog().entries == 0


def report(project: Project, *drops: tuple[str, str, int], **fields: Any) -> Entry:
    told = [
        {"reason": reason, "category": category, "quantity": quantity}
        for category, reason, quantity in drops
    ]
    payload = json.dumps({"discarded_events": told}).encode()
    body = envelope(({"type": "client_report"}, payload))
    return make_entry(project, kind="envelope", event_id="", body=body, **fields)


def discarded() -> dict[tuple[str, str], int]:
    return {
        (category, reason): count
        for (category, outcome, reason), count in counts().items()
        if outcome == "client_discard"
    }


def test_what_an_sdk_dropped_is_counted_by_its_reason(project: Project) -> None:
    append(
        report(project, ("error", "before_send", 2), ("span", "my reason", 3)),
        report(project, ("error", "before_send", 1)),
    )
    digest.drain(0)
    assert discarded() == {("error", "before_send"): 3, ("span", "my reason"): 3}
    assert counts()["internal", "accepted", ""] == 2
    assert Event.objects.count() == 0


def test_reasons_without_end_become_one(project: Project) -> None:
    strange = [("error", f"reason {number}", 1) for number in range(200)]
    append(report(project, *strange[:120]))
    digest.drain(0)
    append(report(project, *strange, ("error", "send_error", 5), ("dust", "x", 1)))
    digest.drain(0)
    found = discarded()
    assert found["error", "send_error"] == 5
    assert found["unknown", "other"] == 1
    assert found["error", "other"] == 70 + 150
    assert found["error", "reason 7"] == 2
    assert len(found) == STRANGE_PAIRS_AN_HOUR + 3


def test_a_report_delivered_again_is_counted_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(report(project, ("error", "before_send", 2)))
    with monkeypatch.context() as patch:
        patch.setattr(ShardStream, "acknowledge", lambda *_: None)
        digest.drain(0)
    digest.drain(0)
    assert discarded() == {("error", "before_send"): 2}
    assert ShardStream(0).backlog().entries == 0
