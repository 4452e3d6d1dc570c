"""What a PUT can change about issues, each change an operation of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from issues import operations
from issues.api.actors import ActorShape, actor_json
from issues.assignment import NOBODY, NoSuchAssignee, read_assignee
from issues.merging import actions as merging
from issues.merging.changes import CannotMerge
from issues.models import Status
from issues.operations import Action, Selection, assigning, deleting, marks
from issues.operations import status as statuses
from issues.resolutions import FixedIn, NoSuchRelease
from issues.snoozes import WINDOW_COUNT_MAX, WINDOW_MAX_MIN, Until
from issues.subscriptions import set_subscribed
from projects.models import User
from projects.tokens import has_scope
from releases.versions import NAME_CHARS

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
_FOREVER = "archived_forever"
_UNTIL_ESCALATING = "archived_until_escalating"
_UNTIL_CONDITION = "archived_until_condition_met"
_ARCHIVED = (_FOREVER, _UNTIL_ESCALATING, _UNTIL_CONDITION)
# What clients may send, but which could only be dropped silently.
_UNKNOWN = (
    "inbox",
    "isPublic",
    "priority",
)

_ONE_PLACE = "Name one of inNextRelease, inRelease, inFutureRelease and inCommit."
_ONLY_RESOLVED = "Only a resolved issue can be resolved in a release."
_ONLY_IGNORED = "Only an ignored issue can be ignored until something happens."
_NO_COUNT = "A window needs the count that it is for."
_TOO_MANY = f"Within a window at most {WINDOW_COUNT_MAX}."
_NOBODY_SO = "No member or team of the organization is called so."
# What these lock they must lock before any issue.
_ALONE = "Merge or discard in a request of its own."
_FEW = "Name the ids of two issues or more, all of one project."
_NOT_HERE = "This can't be changed on this server. Leave it out."


class MergeShape(TypedDict):
    """Ids of issues: the one that all are now, and those that it is instead of."""

    parent: str
    children: list[str]


class AppliedShape(TypedDict, total=False):
    """The values that now hold for every issue of a bulk change."""

    status: str
    statusDetails: dict[str, Any]
    substatus: str | None
    assignedTo: ActorShape | None
    isBookmarked: bool
    isSubscribed: bool
    hasSeen: bool
    discard: bool
    merge: MergeShape


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
    assignedTo = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="me, user:<id>, a user's id or address, team:<id> or #<slug>; empty "
        "or null: nobody.",
    )
    isBookmarked = serializers.BooleanField(required=False)
    isSubscribed = serializers.BooleanField(required=False)
    hasSeen = serializers.BooleanField(required=False)
    discard = serializers.BooleanField(
        required=False,
        help_text="Deletes the issue, and drops what comes with its hashes.",
    )
    merge = serializers.BooleanField(
        required=False,
        help_text="Merges the issues that are named by id into the one with most "
        "events; two or more, of one project, and with no other change.",
    )

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
        for name in ("merge", "discard"):
            if attrs.get(name) and len(attrs) > 1:
                raise serializers.ValidationError({name: _ALONE})
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


def require_scope(request: Request, change: Mapping[str, Any]) -> None:
    """Raises PermissionDenied where it deletes and the token may not."""
    if change.get("discard") and not has_scope(request, "event:admin"):
        raise PermissionDenied("Discarding deletes, which takes event:admin.")


def apply(change: Mapping[str, Any], selection: Selection, user: User) -> AppliedShape:
    """Makes the change for all the issues or, if one part fails, for none."""
    if change.get("merge"):
        return {"merge": _merge(selection, user)}
    applied: AppliedShape = {}
    with transaction.atomic():
        for action, shape in _actions(change, selection, user):
            operations.apply(selection, action, user=user)
            applied |= shape
        if "isSubscribed" in change:
            is_on = change["isSubscribed"]
            set_subscribed(selection.issue_ids, user, is_on)
            applied["isSubscribed"] = is_on
    return applied


def _merge(selection: Selection, user: User) -> MergeShape:
    try:
        operation = operations.apply(selection, merging.merge(), user=user)
    except CannotMerge:
        raise serializers.ValidationError({"merge": _FEW}) from None
    children = operation.data["children"]
    return {
        "parent": str(operation.data["survivor"]),
        "children": [str(child) for child in children],
    }


def _actions(
    change: Mapping[str, Any], selection: Selection, user: User
) -> Iterator[tuple[Action, AppliedShape]]:
    """What is to be done, with what the answer tells of it."""
    if "status" in change:
        yield _status(change, selection)
    if "assignedTo" in change:
        yield _assign(change["assignedTo"] or "", selection, user)
    if "isBookmarked" in change:
        is_on = change["isBookmarked"]
        yield marks.bookmark(is_on), {"isBookmarked": is_on}
    if "hasSeen" in change:
        yield marks.seen(change["hasSeen"]), {"hasSeen": change["hasSeen"]}
    if change.get("discard"):
        yield deleting.discard(), {"discard": True}


def _status(
    change: Mapping[str, Any], selection: Selection
) -> tuple[Action, AppliedShape]:
    details: dict[str, Any] = change.get("statusDetails", {})
    status = _STATUS[change["status"]]
    if status == Status.RESOLVED:
        return _resolve(details, selection)
    if status == Status.IGNORED:
        return _ignore(details, change.get("substatus"))
    shape: AppliedShape = {
        "status": "unresolved",
        "statusDetails": {},
        "substatus": "ongoing",
    }
    return statuses.unresolve(), shape


def _ignore(
    details: dict[str, Any], substatus: str | None
) -> tuple[Action, AppliedShape]:
    is_escalating = substatus == _UNTIL_ESCALATING and not details
    until = Until(
        minutes=details.get("ignoreDuration"),
        events=details.get("ignoreCount"),
        event_window=details.get("ignoreWindow"),
        users=details.get("ignoreUserCount"),
        user_window=details.get("ignoreUserWindow"),
        escalates=is_escalating,
    )
    waits = bool(details) or is_escalating
    named = _UNTIL_ESCALATING if is_escalating else _UNTIL_CONDITION
    shape: AppliedShape = {
        "status": "ignored",
        "statusDetails": details,
        "substatus": named if waits else _FOREVER,
    }
    return statuses.ignore(until if waits else None), shape


def _resolve(
    details: dict[str, Any], selection: Selection
) -> tuple[Action, AppliedShape]:
    """Raises ValidationError for a release that there is not."""
    shape: AppliedShape = {
        "status": "resolved",
        "statusDetails": {},
        "substatus": None,
    }
    if not details:
        return statuses.resolve(selection), shape
    where = _fixed_in(details)
    try:
        action = statuses.resolve(selection, where)
    except NoSuchRelease as error:
        raise serializers.ValidationError({"statusDetails": str(error)}) from None
    if where.is_next:
        shape["statusDetails"] = {"inNextRelease": True}
    elif where.commit:
        commit = {"repository": where.repository, "commit": where.commit}
        shape["statusDetails"] = {"inCommit": commit}
    else:
        shape["statusDetails"] = {"inRelease": where.release or where.future}
    return action, shape


def _fixed_in(details: Mapping[str, Any]) -> FixedIn:
    commit = details.get("inCommit", {})
    return FixedIn(
        is_next=details.get("inNextRelease", False),
        release=details.get("inRelease", ""),
        future=details.get("inFutureRelease", ""),
        commit=commit.get("commit", ""),
        repository=commit.get("repository", ""),
    )


def _assign(to: str, selection: Selection, user: User) -> tuple[Action, AppliedShape]:
    """Raises ValidationError for somebody of elsewhere."""
    try:
        assignee = read_assignee(selection.organization, to, user)
    except NoSuchAssignee:
        raise serializers.ValidationError({"assignedTo": _NOBODY_SO}) from None
    shown = None if assignee == NOBODY else actor_json(assignee)
    return assigning.assign(assignee), {"assignedTo": shown}
