"""Whether what was sent was counted: each event once, in every place."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench.events import Sent
from tests.bench.probes import Store

_COUNTS = {
    "stored": "SELECT count(DISTINCT event_id) FROM issues_event WHERE project_id = %s",
    "rows": "SELECT count(*) FROM issues_event WHERE project_id = %s",
    "counted": "SELECT sum(event_count) FROM issues_issuestate WHERE project_id = %s",
    "hourly": "SELECT sum(count) FROM issues_hourcount WHERE project_id = %s",
    "accepted": (
        "SELECT sum(count) FROM ingest_outcomecount"
        " WHERE project_id = %s AND outcome = 'accepted' AND category = 'error'"
    ),
    "issues": "SELECT count(*) FROM issues_issue WHERE project_id = %s",
    "affected": "SELECT sum(user_count) FROM issues_issuestate WHERE project_id = %s",
    "pairs": "SELECT count(*) FROM issues_issueuser WHERE project_id = %s",
    "users": "SELECT count(*) FROM issues_eventuser WHERE project_id = %s",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the events sent to a project must come to."""

    events: int
    issues: int
    users: int
    # Pairs of issue and user.
    affected: int

    @classmethod
    def of(cls, sent: list[Sent]) -> Expected:
        return cls(
            events=len(sent),
            issues=len({event.signature for event in sent}),
            users=len({event.user for event in sent}),
            affected=len({(event.signature, event.user) for event in sent}),
        )

    def check(self, store: Store, project_id: int) -> None:
        """Raises AssertionError that names each count which differs."""
        found = {name: store.number(sql, project_id) for name, sql in _COUNTS.items()}
        wanted = {
            "stored": self.events,
            "rows": self.events,
            "counted": self.events,
            "hourly": self.events,
            "accepted": self.events,
            "issues": self.issues,
            "affected": self.affected,
            "pairs": self.affected,
            "users": self.users,
        }
        wrong = {
            name: f"{found[name]} instead of {wanted[name]}"
            for name in wanted
            if found[name] != wanted[name]
        }
        assert not wrong, f"project {project_id}: {wrong}"
