"""What a PUT can change about issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from django.db import transaction
from rest_framework import serializers

from issues import triage
from issues.models import Status
from issues.resolutions import FixedIn, NoSuchRelease
from projects.models import User
from releases.versions import NAME_CHARS

# A bulk change stops here; its caller can ask again for the rest.
MAX_ISSUES = 1000

_STATUS = {
    "resolved": Status.RESOLVED,
    "unresolved": Status.UNRESOLVED,
    "ignored": Status.IGNORED,
    "muted": Status.IGNORED,
}
_NEXT_RELEASE = "resolvedInNextRelease"
_CONDITIONS = frozenset(
    {
        "ignoreCount",
        "ignoreDuration",
        "ignoreUserCount",
        "ignoreUserWindow",
        "ignoreWindow",
    }
)
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

_ONE_PLACE = "Name one of inNextRelease, inRelease, inFutureRelease and inCommit."
_ONLY_RESOLVED = "Only a resolved issue can be resolved in a release."
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


class CommitField(serializers.Serializer[Any]):
    repository = serializers.CharField(required=False, allow_blank=True, default="")
    commit = serializers.CharField(max_length=64)


class StatusDetails(serializers.Serializer[Any]):
    """Where the fix is, of a resolved issue."""

    inNextRelease = serializers.BooleanField(
        required=False, help_text="In the one after the project's latest."
    )
    inRelease = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="A release of the project, or latest.",
    )
    inFutureRelease = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=NAME_CHARS,
        help_text="A release that may be yet to come.",
    )
    inCommit = CommitField(
        required=False,
        help_text="In the first release with the commit; if none is known to have it, "
        "in the next one.",
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            asked = {name for name, value in data.items() if value} - {"actor"}
            if asked & _CONDITIONS:
                raise serializers.ValidationError([_NO_CONDITIONS])
            if unknown := asked - set(self.fields):
                raise serializers.ValidationError(
                    dict.fromkeys(sorted(unknown), _NOT_HERE)
                )
            # What is null, false or empty asks for nothing.
            data = {name: value for name, value in data.items() if value}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) > 1:
            raise serializers.ValidationError(_ONE_PLACE)
        return attrs


class IssueChange(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=(*_STATUS, _NEXT_RELEASE),
        required=False,
        help_text="muted is ignored; resolvedInNextRelease is resolved with "
        "statusDetails.inNextRelease.",
    )
    statusDetails = StatusDetails(required=False)
    substatus = serializers.CharField(
        required=False,
        allow_null=True,
        help_text=f"With ignored {' or '.join(_ARCHIVED)}, with unresolved ongoing.",
    )
    isBookmarked = serializers.BooleanField(required=False)
    hasSeen = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        asked: Mapping[str, Any] = self.initial_data
        refused = [name for name in _UNKNOWN if asked.get(name)]
        if refused:
            raise serializers.ValidationError(dict.fromkeys(refused, _NOT_HERE))
        if attrs.get("status") == _NEXT_RELEASE:
            attrs["status"] = "resolved"
            attrs["statusDetails"] = {"inNextRelease": True}
        if attrs.get("statusDetails") and attrs.get("status") != "resolved":
            raise serializers.ValidationError({"statusDetails": _ONLY_RESOLVED})
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
        if change.get("statusDetails"):
            applied |= _resolve_in(_fixed_in(change["statusDetails"]), ids, user)
        elif "status" in change:
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


def _fixed_in(details: Mapping[str, Any]) -> FixedIn:
    commit = details.get("inCommit", {})
    return FixedIn(
        is_next=details.get("inNextRelease", False),
        release=details.get("inRelease", ""),
        future=details.get("inFutureRelease", ""),
        commit=commit.get("commit", ""),
        repository=commit.get("repository", ""),
    )


def _resolve_in(where: FixedIn, ids: list[int], user: User) -> AppliedShape:
    """Raises ValidationError for a release that there is not."""
    try:
        triage.resolve_in(ids, where, user=user)
    except NoSuchRelease as error:
        raise serializers.ValidationError({"statusDetails": str(error)}) from None
    details: dict[str, Any] = {}
    if where.is_next:
        details["inNextRelease"] = True
    elif where.commit:
        details["inCommit"] = {"repository": where.repository, "commit": where.commit}
    else:
        details["inRelease"] = where.release or where.future
    return {"status": "resolved", "statusDetails": details, "substatus": None}


def _set_status(status: Status, ids: list[int], user: User) -> AppliedShape:
    set_it, name, substatus = _SET[status]
    set_it(ids, user=user)
    return {"status": name, "statusDetails": {}, "substatus": substatus}
