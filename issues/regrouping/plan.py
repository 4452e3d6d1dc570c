"""What grouping anew makes of issues: a pure function from what was found to a plan.

An issue is where most of its events are: it keeps these, and its number. The rest
goes to the issues that have such events, or begins new ones. Issues that most of
the same hash is in become one. What people have merged stays merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Finding(NamedTuple):
    """So many events of an issue have that hash now; the newest of them."""

    issue: int
    hash: bytes
    events: int
    newest_at: datetime
    # Hexadecimal.
    newest_event: str


class Rank(NamedTuple):
    """Which of several issues lives on: an open one, then the largest."""

    is_open: bool
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`ranks` has every issue that may be chosen; merged ones by themselves, too."""

    findings: Sequence[Finding]
    # The issues that hashes lead to.
    known: Mapping[bytes, int]
    # What merged issues are shown as.
    survivors: Mapping[int, int]
    ranks: Mapping[int, Rank]

    def shown(self, issue: int) -> int:
        return self.survivors.get(issue, issue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    # The issues that keep hashes; a hash that begins an issue is not among them.
    owners: dict[bytes, int]
    # Hashes that begin issues, with their largest part.
    begun: dict[bytes, Finding]
    # By issue: its hashes that go elsewhere.
    leaving: dict[int, list[Finding]]
    # Issues, as they are shown, that become one: the one that lives on, the others.
    merges: list[list[int]]
    # As they are shown: issues that were looked at, and how many there will be.
    issues_now: int
    issues_then: int


def make_plan(facts: Facts) -> Plan:
    parts: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in facts.findings:
        parts[finding.issue].append(finding)
    main = {issue: _main(found, facts) for issue, found in parts.items()}
    claims = _claims(main, facts)
    owners = {one: _owner(one, claimants, facts) for one, claimants in claims.items()}
    leaving = {
        issue: [one for one in found if one.hash != main[issue]]
        for issue, found in parts.items()
        if len(found) > 1
    }
    begun: dict[bytes, Finding] = {}
    for finding in (one for found in leaving.values() for one in found):
        if finding.hash not in owners:
            largest = begun.get(finding.hash, finding)
            begun[finding.hash] = max(largest, finding, key=lambda one: one.events)
    joined = _joined(claims.values(), facts)
    return Plan(
        owners=owners,
        begun=begun,
        leaving=leaving,
        merges=[_in_order(group, facts) for group in joined if len(group) > 1],
        issues_now=sum(map(len, joined)),
        issues_then=len(joined) + len(begun),
    )


def _main(found: Sequence[Finding], facts: Facts) -> bytes:
    """The hash of most of an issue's events; of equal ones that which leads to it."""
    return max(
        found,
        key=lambda one: (one.events, facts.known.get(one.hash) == one.issue, one.hash),
    ).hash


def _claims(main: Mapping[int, bytes], facts: Facts) -> dict[bytes, list[int]]:
    """The issues that most of each hash's events are, or that it leads to.

    An issue without anything to look at has come by its hash as things are now.
    """
    claims: defaultdict[bytes, list[int]] = defaultdict(list)
    for issue, one in main.items():
        claims[one].append(issue)
    for one, issue in facts.known.items():
        if issue not in main and issue in facts.ranks:
            claims[one].append(issue)
    return claims


def _owner(one: bytes, claimants: Sequence[int], facts: Facts) -> int:
    known = facts.known.get(one)
    if known is not None and known in claimants:
        return known
    return _in_order(claimants, facts)[0]


def _in_order(issues: Iterable[int], facts: Facts) -> list[int]:
    """The one that lives on first."""
    nobody = Rank(is_open=False, events=0)
    return sorted(
        issues,
        key=lambda issue: (*facts.ranks.get(issue, nobody), -issue),
        reverse=True,
    )


def _joined(claims: Iterable[Sequence[int]], facts: Facts) -> list[list[int]]:
    """Sets of issues, as they are shown, that belong together."""
    leader: dict[int, int] = {}

    def find(issue: int) -> int:
        while leader.setdefault(issue, issue) != issue:
            leader[issue] = leader[leader[issue]]
            issue = leader[issue]
        return issue

    for claimants in claims:
        first = find(facts.shown(claimants[0]))
        for other in claimants[1:]:
            leader[find(facts.shown(other))] = first
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for issue in list(leader):
        groups[find(issue)].append(issue)
    return list(groups.values())
