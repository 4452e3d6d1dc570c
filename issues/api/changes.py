"""What a PUT can change about issues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from django.db import transaction
from rest_framework import serializers

from issues import triage
from issues.models import Status
from issues.resolutions import FixedIn, NoSuchRelease
from issues.snoozes import WINDOW_COUNT_MAX, WINDOW_MAX_MIN, Until
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
_IGNORED = ("ignored", "muted")
_NEXT_RELEASE = "resolvedInNextRelease"
_FIXES = frozenset({"inNextRelease", "inRelease", "inFutureRelease", "inCommit"})
# Some clients name these beside the status, and the first by its older name.
_CONDITIONS = (
    "ignoreDuration",
    "ignoreCount",
    "ignoreWindow",
    "ignoreUserCount",
    "ignoreUserWindow",
)
_SNOOZE = "snoozeDuration"
# Issues do not escalate here, so both mean: until somebody reopens them.
_UNTIL_CONDITION = "archived_until_condition_met"
_ARCHIVED = ("archived_forever", "archived_until_escalating", _UNTIL_CONDITION)
# What clients may send, but which could only be dropped silently.
_UNKNOWN = (
    "assignedTo",
    "discard",
    "inbox",
    "isPublic",
    "isSubscribed",
    "merge",
    "priority",
)

_ONE_PLACE = "Name one of inNextRelease, inRelease, inFutureRelease and inCommit."
_ONLY_RESOLVED = "Only a resolved issue can be resolved in a release."
_ONLY_IGNORED = "Only an ignored issue can be ignored until something happens."
_NO_COUNT = "A window needs the count that it is for."
_TOO_MANY = f"Within a window at most {WINDOW_COUNT_MAX}."
_NOT_HERE = "This can't be changed on this server. Leave it out."


class AppliedShape(TypedDict, total=False):
    """The values that now hold for every issue of a bulk change."""

    status: str
    statusDetails: dict[str, Any]
    substatus: str | None
    isBookmarked: bool
    hasSeen: bool


_INT_MAX = 2**31 - 1
# About ten years.
_MINUTES_MAX = 10 * 366 * 24 * 60


def _count(meaning: str, maximum: int = _INT_MAX) -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False, min_value=1, max_value=maximum, help_text=meaning
    )


class CommitField(serializers.Serializer[Any]):
    repository = serializers.CharField(required=False, allow_blank=True, default="")
    commit = serializers.CharField(max_length=64)


class StatusDetails(serializers.Serializer[Any]):
    """Where the fix is, of a resolved issue; or until when it is ignored."""

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

    ignoreDuration = _count("Minutes from now.", maximum=_MINUTES_MAX)
    ignoreCount = _count("Until that many more events …")
    ignoreWindow = _count("… within so many minutes.", maximum=WINDOW_MAX_MIN)
    ignoreUserCount = _count("Until that many more users …")
    ignoreUserWindow = _count("… within so many minutes.", maximum=WINDOW_MAX_MIN)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            asked = {name for name, value in data.items() if value} - {"actor"}
            if unknown := asked - set(self.fields):
                raise serializers.ValidationError(
                    dict.fromkeys(sorted(unknown), _NOT_HERE)
                )
            # What is null, false or empty asks for nothing.
            data = {name: value for name, value in data.items() if value}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) > 1 and attrs.keys() & _FIXES:
            raise serializers.ValidationError(_ONE_PLACE)
        for window, count in (
            ("ignoreWindow", "ignoreCount"),
            ("ignoreUserWindow", "ignoreUserCount"),
        ):
            if window in attrs and count not in attrs:
                raise serializers.ValidationError({window: _NO_COUNT})
            if window in attrs and attrs[count] > WINDOW_COUNT_MAX:
                raise serializers.ValidationError({count: _TOO_MANY})
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

    def to_internal_value(self, data: Any) -> Any:
        """Takes conditions from beside the status, too."""
        if isinstance(data, dict) and isinstance(data.get("statusDetails", {}), dict):
            beside = {name: data[name] for name in _CONDITIONS if data.get(name)}
            if data.get(_SNOOZE):
                beside["ignoreDuration"] = data[_SNOOZE]
            if beside:
                data = data | {"statusDetails": beside | data.get("statusDetails", {})}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        asked: Mapping[str, Any] = self.initial_data
        refused = [name for name in _UNKNOWN if asked.get(name)]
        if refused:
            raise serializers.ValidationError(dict.fromkeys(refused, _NOT_HERE))
        if attrs.get("status") == _NEXT_RELEASE:
            attrs["status"] = "resolved"
            attrs["statusDetails"] = {"inNextRelease": True}
        details, status = attrs.get("statusDetails", {}), attrs.get("status")
        if details.keys() & _FIXES and status != "resolved":
            raise serializers.ValidationError({"statusDetails": _ONLY_RESOLVED})
        if details.keys() - _FIXES and status not in _IGNORED:
            raise serializers.ValidationError({"statusDetails": _ONLY_IGNORED})
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
            applied |= _set_waiting(change["statusDetails"], ids, user)
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


def _set_waiting(
    details: Mapping[str, Any], ids: list[int], user: User
) -> AppliedShape:
    """Resolves in a release, or ignores until something happens."""
    if details.keys() & _FIXES:
        return _resolve_in(_fixed_in(details), ids, user)
    until = Until(
        minutes=details.get("ignoreDuration"),
        events=details.get("ignoreCount"),
        event_window=details.get("ignoreWindow"),
        users=details.get("ignoreUserCount"),
        user_window=details.get("ignoreUserWindow"),
    )
    triage.ignore_until(ids, until, user=user)
    return {
        "status": "ignored",
        "statusDetails": dict(details),
        "substatus": _UNTIL_CONDITION,
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
