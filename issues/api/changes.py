"""What a PUT can change about issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from django.db import transaction
from rest_framework import serializers

from issues import triage
from issues.models import Status
from projects.models import User

# A bulk change stops here; its caller can ask again for the rest.
MAX_ISSUES = 1000

_STATUS = {
    "resolved": Status.RESOLVED,
    "unresolved": Status.UNRESOLVED,
    "ignored": Status.IGNORED,
    "muted": Status.IGNORED,
}
_NEXT_RELEASE = "resolvedInNextRelease"
_RELEASES = frozenset({"inNextRelease", "inRelease", "inCommit", "inFutureRelease"})
# Issues do not escalate here, so both mean: until somebody reopens them.
_ARCHIVED = ("archived_forever", "archived_until_escalating")
# What clients may send, but which could only be dropped silently.
_UNKNOWN = (
    "assignedTo",
    "discard",
    "ignoreCount",
    "ignoreDuration",
    "ignoreUserCount",
    "ignoreUserWindow",
    "ignoreWindow",
    "inbox",
    "isPublic",
    "isSubscribed",
    "merge",
    "priority",
    "snoozeDuration",
)

_NO_RELEASES = (
    "Resolving in a release is not possible, because this server does not keep "
    'releases. Use {"status": "resolved"}: a new event reopens the issue.'
)
_NO_CONDITIONS = (
    "Ignoring until a condition is met is not possible on this server. "
    'Use {"status": "ignored"} without it.'
)
_NOT_HERE = "This can't be changed on this server. Leave it out."


class AppliedShape(TypedDict, total=False):
    """The values that now hold for every issue of a bulk change."""

    status: str
    statusDetails: dict[str, Any]
    substatus: str | None
    isBookmarked: bool
    hasSeen: bool


class IssueChange(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=(*_STATUS, _NEXT_RELEASE),
        required=False,
        help_text="muted is ignored; resolvedInNextRelease is refused.",
    )
    statusDetails = serializers.DictField(
        required=False, help_text="Only an empty object is accepted."
    )
    substatus = serializers.CharField(
        required=False,
        allow_null=True,
        help_text=f"With ignored {' or '.join(_ARCHIVED)}, with unresolved ongoing.",
    )
    isBookmarked = serializers.BooleanField(required=False)
    hasSeen = serializers.BooleanField(required=False)

    def validate_status(self, status: str) -> str:
        if status == _NEXT_RELEASE:
            raise serializers.ValidationError(_NO_RELEASES)
        return status

    def validate_statusDetails(self, details: dict[str, Any]) -> dict[str, Any]:
        asked = {name for name, value in details.items() if value}
        if asked & _RELEASES:
            raise serializers.ValidationError(_NO_RELEASES)
        if asked:
            raise serializers.ValidationError(_NO_CONDITIONS)
        return {}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        asked: Mapping[str, Any] = self.initial_data
        refused = [name for name in _UNKNOWN if asked.get(name)]
        if refused:
            raise serializers.ValidationError(dict.fromkeys(refused, _NOT_HERE))
        self._check_substatus(attrs.get("status"), attrs.get("substatus"))
        return attrs

    def _check_substatus(self, status: str | None, substatus: str | None) -> None:
        if substatus is None:
            return
        allowed = {
            Status.IGNORED: _ARCHIVED,
            Status.UNRESOLVED: ("ongoing",),
            Status.RESOLVED: (),
            None: (),
        }[_STATUS[status] if status else None]
        if substatus not in allowed:
            with_status = f"status {status}" if status else "no status"
            raise serializers.ValidationError(
                {"substatus": f'"{substatus}" is not possible with {with_status}.'}
            )


def read_change(body: object) -> dict[str, Any]:
    """The change that the request's body asks for. Raises ValidationError."""
    change = IssueChange(data=body)
    change.is_valid(raise_exception=True)
    values: dict[str, Any] = change.validated_data
    return values


def apply(
    change: Mapping[str, Any], issue_ids: Iterable[int], user: User
) -> AppliedShape:
    """Makes the change for all the issues or, if one part fails, for none."""
    ids = list(issue_ids)
    applied: AppliedShape = {}
    with transaction.atomic():
        if "status" in change:
            applied |= _set_status(_STATUS[change["status"]], ids, user)
        if "isBookmarked" in change:
            triage.set_bookmark(ids, user, change["isBookmarked"])
            applied["isBookmarked"] = change["isBookmarked"]
        if "hasSeen" in change:
            triage.set_seen(ids, user, change["hasSeen"])
            applied["hasSeen"] = change["hasSeen"]
    return applied


_SET: dict[Status, tuple[Callable[..., list[int]], str, str | None]] = {
    Status.RESOLVED: (triage.resolve, "resolved", None),
    Status.UNRESOLVED: (triage.unresolve, "unresolved", "ongoing"),
    Status.IGNORED: (triage.ignore, "ignored", "archived_forever"),
}


def _set_status(status: Status, ids: list[int], user: User) -> AppliedShape:
    set_it, name, substatus = _SET[status]
    set_it(ids, user=user)
    return {"status": name, "statusDetails": {}, "substatus": substatus}
