"""When a tag's share is different enough to be told."""

from __future__ import annotations

import pytest

from issues.differences import TOLD, Others, compared
from issues.tagcounts import CountedTag

OS = CountedTag(1, "os.name", "Windows", 92)


def others(count: int, *, events: int = 1000, issues: int = 10) -> Others:
    return Others(issues=issues, events=events, counts={1: count})


def test_it_is_told_with_both_shares() -> None:
    (one,) = compared([OS], 100, others(310))
    assert (one.key, one.value) == ("os.name", "Windows")
    assert (one.share, one.other_share) == (0.92, 0.31)


@pytest.mark.parametrize(
    ("count", "events", "other_count", "other_events", "is_told"),
    [
        (92, 100, 310, 1000, True),
        # Less than 20 points, and not half as much again.
        (49, 100, 300, 1000, False),
        (92, 100, 700, 1000, False),
        # As different, but of so few that chance does it.
        (10, 20, 25, 100, False),
        (20, 20, 10, 100, True),
        # Nobody else has it at all.
        (100, 100, 0, 1000, True),
        # All of both have it.
        (100, 100, 1000, 1000, False),
    ],
)
def test_what_is_told(
    count: int, events: int, other_count: int, other_events: int, is_told: bool
) -> None:
    tag = OS._replace(events=count)
    found = compared([tag], events, others(other_count, events=other_events))
    assert bool(found) == is_told


@pytest.mark.parametrize(("events", "issues"), [(99, 10), (1000, 2)])
def test_too_little_of_others_says_nothing(events: int, issues: int) -> None:
    assert compared([OS], 100, others(0, events=events, issues=issues)) == []


def test_one_of_a_kind_of_key_is_told_and_the_greatest_first() -> None:
    tags = [
        OS,
        CountedTag(2, "os", "Windows 10", 60),
        CountedTag(3, "region", "eu", 99),
        CountedTag(4, "region", "us", 70),
    ]
    found = compared(tags, 100, others(310))
    assert [(one.key, one.value) for one in found] == [
        ("region", "eu"),
        ("os.name", "Windows"),
    ]


def test_no_more_than_a_few_are_told() -> None:
    tags = [CountedTag(n, f"key{n}", "x", 100) for n in range(2, 20)]
    assert len(compared(tags, 100, others(0))) == TOLD


def test_counts_that_moved_meanwhile_stay_shares() -> None:
    (one,) = compared([OS._replace(events=140)], 100, others(0))
    assert one.share == 1.0
