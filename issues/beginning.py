"""Which issue an event belongs to, and the making of issues that are new."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import orjson

from issues import dictionaries, sql
from issues.merging.counting import Kin
from issues.newevent import NewEvent
from issues.searchtext import NO_TEXT, search_text
from projects import arrays

# The key of an issue's fingerprint.
_Mark = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """Where the events of a batch belong."""

    # The source of each event: the issue that its fingerprint leads to.
    issue_of: list[int]
    # The ids of the issues made for them.
    new_issues: list[int]
    # Where those of merged sources count.
    kin: dict[int, Kin]


def find_or_begin_issues(
    events: list[NewEvent], release_of: list[int | None], now: datetime
) -> Found:
    """The issue of each event, made where there was none.

    `release_of`: the release id of each event.
    """
    known, kin = _find_fingerprints(
        {
            (event.project_id, one)
            for event in events
            for one in (*event.grouping.hashes, *event.grouping.former)
        }
    )
    stored_marks = set(known)
    beginners: list[NewEvent] = []
    first_releases: list[int | None] = []
    for event, release in zip(events, release_of, strict=True):
        marks = [(event.project_id, one) for one in event.grouping.hashes]
        former = [(event.project_id, one) for one in event.grouping.former]
        issue = next((known[mark] for mark in marks + former if mark in known), None)
        if issue is None:
            # A place in the list of new issues stands for the id it will get.
            issue = -1 - len(beginners)
            beginners.append(event)
            first_releases.append(release)
        for mark in marks:
            known.setdefault(mark, issue)
    made = begin_issues(beginners, first_releases, now)
    for mark, issue in known.items():
        if issue < 0:
            known[mark] = made[-1 - issue]
    _insert_fingerprints({m: i for m, i in known.items() if m not in stored_marks})
    issue_of = [known[event.project_id, event.grouping.hashes[0]] for event in events]
    return Found(issue_of, made, kin)


def _find_fingerprints(marks: set[_Mark]) -> tuple[dict[_Mark, int], dict[int, Kin]]:
    rows = sql.run_often(
        sql.FIND_FINGERPRINTS,
        arrays.of_numbers({project_id for project_id, _ in marks}),
        arrays.of_hashes({one for _, one in marks}),
    )
    kin = {row[2]: Kin(row[3], row[4]) for row in rows if row[3] is not None}
    return {(row[0], row[1]): row[2] for row in rows}, kin


def _insert_fingerprints(issue_of: dict[_Mark, int]) -> None:
    if issue_of:
        marks = sorted(issue_of)
        sql.run(
            sql.INSERT_FINGERPRINTS,
            [project_id for project_id, _ in marks],
            arrays.of_hashes(one for _, one in marks),
            [issue_of[mark] for mark in marks],
        )


def begin_issues(
    events: list[NewEvent], first_releases: list[int | None], now: datetime
) -> list[int]:
    """Makes an issue for each event; gives their ids in the same order."""
    if not events:
        return []
    numbers = _take_numbers(events)
    places = {
        (event.project_id, number): place
        for place, (event, number) in enumerate(zip(events, numbers, strict=True))
    }
    rows = sql.run(
        sql.INSERT_ISSUES,
        [event.project_id for event in events],
        numbers,
        *title_columns(events),
        [event.platform for event in events],
        [event.logger for event in events],
        [event.grouping.version for event in events],
        [as_json(event.grouping.parts_as_json()) for event in events],
        first_releases,
    )
    ids = [0] * len(events)
    for project_id, number, issue_id in rows:
        ids[places[project_id, number]] = issue_id
    sql.run(
        sql.INSERT_STATES,
        now,
        ids,
        [event.project_id for event in events],
        [event.level for event in events],
        [event.timestamp for event in events],
    )
    _insert_texts(events, ids)
    return ids


def _insert_texts(events: list[NewEvent], ids: list[int]) -> None:
    """The words of frames and exceptions, by which new issues are found."""
    found = [
        search_text(event.packed, dictionaries.by_id(event.packed.dictionary_id))
        if event.packed
        else NO_TEXT
        for event in events
    ]
    described = [event.description for event in events]
    sql.run(
        sql.INSERT_TEXTS,
        ids,
        [event.project_id for event in events],
        [text.functions for text in found],
        [text.modules for text in found],
        [text.filenames for text in found],
        [text.chain for text in found],
        [one.title for one in described],
        [one.value for one in described],
        [one.culprit for one in described],
    )


def _take_numbers(events: list[NewEvent]) -> list[int]:
    taken = sorted(Counter(event.project_id for event in events).items())
    rows = sql.run(sql.TAKE_NUMBERS, [p for p, _ in taken], [n for _, n in taken])
    following: dict[int, int] = dict(rows)
    numbers = []
    for event in events:
        numbers.append(following[event.project_id])
        following[event.project_id] += 1
    return numbers


def title_columns(events: list[NewEvent]) -> list[list[str]]:
    """Columns kind, title, type, value, culprit, metadata."""
    described = [event.description for event in events]
    return [
        [one.kind for one in described],
        [one.title for one in described],
        [one.type for one in described],
        [one.value for one in described],
        [one.culprit for one in described],
        [as_json(one.metadata) for one in described],
    ]


def as_json(tree: object) -> str:
    return orjson.dumps(tree).decode()
