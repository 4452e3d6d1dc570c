"""What a plan means for people: how many issues would be one, and which would split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from issues.models import Issue, Regrouping
from issues.regrouping.plan import Facts, Plan

# Samples that are kept; issues of a join and events of a split that are shown.
SHOWN = 10
ISSUES_SHOWN = 5


class Join(NamedTuple):
    """Issues that would be one: how many, and some of them."""

    issue_count: int
    issues: list[Issue]


class Split(NamedTuple):
    """An issue that would be several: how many, and an event (hex id) of some."""

    issue: Issue
    part_count: int
    events: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The counts are of the issues that were looked at."""

    events: int
    is_cut_short: bool
    issues_now: int
    issues_then: int
    join_count: int
    joins: list[Join]
    split_count: int
    splits: list[Split]


def summary_json(facts: Facts, plan: Plan, *, is_cut_short: bool) -> dict[str, Any]:
    """What `summary_of` reads, as it is kept."""
    events: defaultdict[int, list[str]] = defaultdict(list)
    for finding in facts.findings:
        if finding.issue in plan.leaving:
            events[finding.issue].append(finding.newest_event)
    joins = sorted(plan.merges, key=len, reverse=True)
    splits = sorted(events.items(), key=lambda item: len(item[1]), reverse=True)
    return {
        "events": sum(finding.events for finding in facts.findings),
        "is_cut_short": is_cut_short,
        "issues_now": plan.issues_now,
        "issues_then": plan.issues_then,
        "join_count": sum(map(len, joins)),
        "joins": [[len(ids), ids[:ISSUES_SHOWN]] for ids in joins[:SHOWN]],
        "split_count": len(splits),
        "splits": [
            [facts.shown(issue), len(found), found[:ISSUES_SHOWN]]
            for issue, found in splits[:SHOWN]
        ],
    }


def summary_of(run: Regrouping) -> Summary | None:
    """What the run found, with its issues loaded; None before it has found out."""
    if run.result is None:
        return None
    told: Mapping[str, Any] = run.result
    wanted = {pk for _, ids in told["joins"] for pk in ids}
    wanted |= {pk for pk, _, _ in told["splits"]}
    issues = Issue.objects.in_bulk(wanted)
    return Summary(
        events=told["events"],
        is_cut_short=told["is_cut_short"],
        issues_now=told["issues_now"],
        issues_then=told["issues_then"],
        join_count=told["join_count"],
        joins=[
            Join(count, [issues[pk] for pk in ids if pk in issues])
            for count, ids in told["joins"]
        ],
        split_count=told["split_count"],
        splits=[
            Split(issues[pk], count, found)
            for pk, count, found in told["splits"]
            if pk in issues
        ],
    )
