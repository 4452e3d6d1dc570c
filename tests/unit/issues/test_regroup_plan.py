"""Which issues become one, which split, and who keeps what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from issues.regrouping.plan import Facts, Finding, Plan, Rank, make_plan

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, B, C, D = (bytes([number]) * 16 for number in range(4))


def planned(
    found: Mapping[tuple[int, bytes], int],
    *,
    known: Mapping[bytes, int] | None = None,
    survivors: Mapping[int, int] | None = None,
    solved: tuple[int, ...] = (),
    others: Mapping[int, int] | None = None,
) -> Plan:
    """The plan for so many events by issue and hash; `others` are issues' events."""
    findings = [
        Finding(issue, one, events, NOON + timedelta(hours=place), f"{place:032x}")
        for place, ((issue, one), events) in enumerate(found.items())
    ]
    sizes = dict(others or {})
    for (issue, _), events in found.items():
        sizes[issue] = sizes.get(issue, 0) + events
    ranks = {
        issue: Rank(is_open=issue not in solved, events=events)
        for issue, events in sizes.items()
    }
    return make_plan(
        Facts(
            findings=findings,
            known=known or {},
            survivors=survivors or {},
            ranks=ranks,
        )
    )


def test_issues_that_agree_with_their_hashes_stay_as_they_are() -> None:
    plan = planned({(1, A): 3, (2, B): 1}, known={A: 1, B: 2})
    assert (plan.merges, plan.leaving, plan.begun) == ([], {}, {})
    assert plan.owners == {A: 1, B: 2}
    assert (plan.issues_now, plan.issues_then) == (2, 2)


def test_issues_of_one_hash_become_one_and_the_largest_lives_on() -> None:
    plan = planned({(1, A): 3, (2, A): 5, (3, A): 1})
    assert plan.merges == [[2, 1, 3]]
    assert plan.owners == {A: 2}
    assert (plan.issues_now, plan.issues_then) == (3, 1)


def test_an_open_issue_lives_on_before_a_larger_one_that_is_not() -> None:
    plan = planned({(1, A): 3, (2, A): 5}, solved=(2,))
    assert plan.merges == [[1, 2]]


def test_an_issue_that_the_new_hash_has_begun_already_joins() -> None:
    plan = planned({(1, A): 3, (2, A): 5}, known={A: 9}, others={9: 1})
    assert plan.merges == [[2, 1, 9]]
    assert plan.owners == {A: 9}


def test_a_hash_that_leads_to_what_is_gone_is_taken_over() -> None:
    plan = planned({(1, A): 3}, known={A: 9})
    assert plan.owners == {A: 1}
    assert plan.merges == []


def test_an_issue_that_splits_keeps_the_largest_part() -> None:
    plan = planned({(1, A): 3, (1, B): 5, (1, C): 1}, known={A: 1})
    assert plan.owners == {B: 1}
    assert [finding.hash for finding in plan.leaving[1]] == [A, C]
    assert set(plan.begun) == {A, C}
    assert (plan.issues_now, plan.issues_then) == (1, 3)


def test_of_equal_parts_it_keeps_what_leads_to_it() -> None:
    assert planned({(1, A): 2, (1, B): 2}, known={A: 1}).owners == {A: 1}
    assert planned({(1, A): 2, (1, B): 2}, known={B: 1}).owners == {B: 1}


def test_a_part_goes_to_the_issue_that_has_such_events() -> None:
    plan = planned({(1, A): 3, (1, B): 1, (2, B): 1})
    assert plan.owners[B] == 2
    assert [finding.hash for finding in plan.leaving[1]] == [B]
    assert (plan.begun, plan.merges) == ({}, [])


def test_parts_of_several_issues_begin_one_issue() -> None:
    plan = planned({(1, A): 3, (1, C): 1, (2, B): 3, (2, C): 2})
    assert set(plan.begun) == {C}
    assert plan.begun[C].issue == 2
    assert (plan.issues_now, plan.issues_then) == (2, 3)


def test_an_issue_whose_largest_part_goes_elsewhere_goes_with_it() -> None:
    plan = planned({(1, A): 9, (2, A): 3, (2, B): 1})
    assert plan.merges == [[1, 2]]
    assert [finding.hash for finding in plan.leaving[2]] == [B]
    assert set(plan.begun) == {B}


def test_what_people_have_merged_stays_merged() -> None:
    plan = planned({(1, A): 3, (2, B): 1}, survivors={1: 1, 2: 1})
    assert (plan.merges, plan.leaving) == ([], {})
    assert (plan.issues_now, plan.issues_then) == (1, 1)


def test_a_merged_issue_brings_its_survivor_along() -> None:
    plan = planned(
        {(1, A): 3, (2, B): 1, (3, B): 9}, survivors={1: 1, 2: 1}, known={B: 2}
    )
    assert plan.merges == [[3, 1]]
    assert plan.owners == {A: 1, B: 2}


def test_nothing_found_is_nothing_to_do() -> None:
    plan = planned({})
    assert (plan.merges, plan.owners, plan.issues_now, plan.issues_then) == (
        [],
        {},
        0,
        0,
    )
