"""What an issue was before it was hidden by a merge, kept so that it can be that again.

Beside issues.triage this writes statuses: that of an issue which nobody sees.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from issues import resolutions, snoozes
from issues.models import IssueState, Status, Substatus
from issues.resolutions import Fix
from issues.snoozes import Terms


def hide(state: IssueState, now: datetime) -> dict[str, Any]:
    """Hides the issue; what it was, as JSON. The caller holds the state's lock."""
    project_of = {state.issue_id: state.project_id}
    fix = resolutions.kept(project_of).get(state.issue_id)
    terms = snoozes.kept(project_of).get(state.issue_id)
    before = {
        "status": state.status,
        "substatus": state.substatus,
        "events": state.event_count,
        "fix": asdict(fix) if fix else None,
        "terms": asdict(terms) if terms else None,
    }
    resolutions.replace(project_of, {})
    snoozes.replace(project_of, {})
    _write(state, Status.MERGED, Substatus.NONE, now)
    return before


def show(state: IssueState, before: dict[str, Any], now: datetime) -> None:
    """Makes a hidden issue what it was; what was resolved and came back is open."""
    issue, project_of = state.issue_id, {state.issue_id: state.project_id}
    has_come_back = (
        before["status"] == Status.RESOLVED and state.event_count > before["events"]
    )
    if has_come_back:
        _write(state, Status.UNRESOLVED, Substatus.REGRESSED, now)
        return
    fix, terms = before["fix"], before["terms"]
    resolutions.replace(project_of, {issue: Fix(**fix)} if fix else {})
    snoozes.replace(project_of, {issue: Terms(**terms)} if terms else {})
    _write(state, before["status"], before["substatus"], now)


def _write(state: IssueState, status: int, substatus: int, now: datetime) -> None:
    state.status, state.substatus, state.status_at = status, substatus, now
    state.save(update_fields=["status", "substatus", "status_at"])
