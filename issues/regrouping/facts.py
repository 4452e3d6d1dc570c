"""What a plan is made of: what a run has found, and what issues are now."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from issues.models import (
    FamilyMember,
    Fingerprint,
    IssueState,
    RegroupFinding,
    Regrouping,
    Status,
)
from issues.regrouping.plan import Facts, Finding, Rank

# Hashes looked up by one statement.
_HASHES_AT_ONCE = 5_000


def facts_of(run: Regrouping) -> Facts:
    findings = [
        Finding(
            row.issue_id,
            row.hash.bytes,
            row.events,
            row.newest_at,
            row.newest_event.hex,
        )
        for row in RegroupFinding.objects.filter(run=run).order_by("issue_id", "hash")
    ]
    members = FamilyMember.objects.filter(project=run.project_id)
    return Facts(
        findings=findings,
        known=issues_of(run.project_id, {finding.hash for finding in findings}),
        survivors=dict(members.values_list("source_id", "survivor_id")),
        ranks=_ranks(run.project_id),
    )


def issues_of(project_id: int, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """The issues that the hashes lead to."""
    wanted = [UUID(bytes=one) for one in sorted(hashes)]
    known: dict[bytes, int] = {}
    for start in range(0, len(wanted), _HASHES_AT_ONCE):
        rows = Fingerprint.objects.filter(
            project=project_id, hash__in=wanted[start : start + _HASHES_AT_ONCE]
        )
        found = rows.values_list("hash", "issue_id")
        known.update((one.bytes, issue) for one, issue in found)
    return known


def _ranks(project_id: int) -> dict[int, Rank]:
    """Of all issues but shares of survivors and what is deleted."""
    states = IssueState.objects.filter(project=project_id, issue__number__gt=0)
    rows = states.exclude(status=Status.DELETED)
    return {
        issue: Rank(is_open=status == Status.UNRESOLVED, events=events)
        for issue, status, events in rows.values_list(
            "issue_id", "status", "event_count"
        )
    }
