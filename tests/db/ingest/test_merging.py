"""Merging beside the running digest loses no event, and counts none twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

import pytest
from django.db import connection
from django.db.models import Count

from ingest import digest
from ingest.stream import Entry
from issues.merging.changes import CannotMerge, CannotUnmerge, merge, unmerge
from issues.merging.families import family_of, survivors_of
from issues.models import Event, IssueState
from issues.repair import repair
from projects.models import Project
from tests.appending import append
from tests.factories import make_entry, make_exception, make_payload, make_project

SHARD = 0
NAMES = ("AError", "BError", "CError", "DError", "EError")
ROUNDS = 25
EVENTS_A_ROUND = 8

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def project(committed_db: None) -> Project:
    return make_project("shop")


def named(project: Project, name: str, user: int) -> Entry:
    exception = {"values": [make_exception(name, function=name.lower())]}
    return make_entry(
        project, make_payload(exception=exception, user={"id": str(user)})
    )


@contextmanager
def digesting() -> Iterator[None]:
    """A digest that runs in a thread, as in a worker of its own."""
    is_over = Flag()

    def run() -> None:
        while not is_over.wait(0.002):
            digest.drain(SHARD)
        connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def change_something(
    project: Project, issues: list[int], chance: random.Random
) -> None:
    """Merges two issues, or takes one out of its family."""
    one, other = chance.sample(issues, 2)
    if chance.random() < 0.6:
        try:
            merge(project, [one, other], user=None)
        except CannotMerge:
            # They are one already.
            return
    else:
        survivor = survivors_of([one]).get(one, one)
        try:
            unmerge(project, survivor, [other], user=None)
        except CannotUnmerge:
            return


def test_nothing_is_to_mend_after_merges_beside_the_digest(project: Project) -> None:
    chance = random.Random(4)
    sent = Counter(NAMES)
    append(*[named(project, name, 0) for name in NAMES])
    digest.drain(SHARD)
    issues = list(IssueState.objects.order_by("pk").values_list("pk", flat=True))
    with digesting():
        for _ in range(ROUNDS):
            names = chance.choices(NAMES, k=EVENTS_A_ROUND)
            sent.update(names)
            append(*[named(project, name, chance.randrange(20)) for name in names])
            change_something(project, issues, chance)
    digest.drain(SHARD)
    assert repair(dry_run=True).details == ()
    stored = dict(
        Event.objects.values_list("issue_id").annotate(n=Count("event_id")).order_by()
    )
    assert sorted(stored.values()) == sorted(sent.values())
    for issue in issues:
        state = IssueState.objects.get(pk=issue)
        family = family_of(issue)
        counted = family if family[0] == issue else [issue]
        assert state.event_count == sum(stored[source] for source in counted)


def test_all_is_as_it_would_have_been_once_all_is_unmerged(project: Project) -> None:
    append(*[named(project, name, 0) for name in NAMES])
    digest.drain(SHARD)
    issues = list(IssueState.objects.order_by("pk").values_list("pk", flat=True))
    with digesting():
        for number in range(10):
            survivor = merge(project, issues, user=None).survivor_id
            append(*[named(project, name, number) for name in NAMES])
            unmerge(project, survivor, issues, user=None)
    digest.drain(SHARD)
    states = IssueState.objects.values_list("event_count", "user_count")
    assert list(states) == [(11, 10)] * len(NAMES)
    assert repair(dry_run=True).details == ()
