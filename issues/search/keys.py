"""What may stand before a term's colon: the keys of the language, and all tags."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a key's values are read."""

    IS = "is"
    HAS = "has"
    LEVEL = "level"
    BOOKMARKS = "bookmarks"
    SUBSCRIBED = "subscribed"
    PRIORITY = "priority"
    CATEGORY = "category"
    ASSIGNED = "assigned"
    TIME = "time"
    NUMBER = "number"
    TEXT = "text"
    COLUMN = "column"
    FIRST_RELEASE = "first_release"
    RELEASE_PART = "release_part"
    USER = "user"
    PROJECT = "project"
    ISSUE = "issue"
    ISSUE_ID = "issue_id"
    EVENT = "event"
    NOT_KEPT = "not_kept"
    YES_OR_NO = "yes_or_no"
    TAG = "tag"


def _(text: str) -> str:
    """Marks text for translation, which is done where a key is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Key:
    """A key, what it asks for in words, and other spellings of it."""

    name: str
    kind: Kind
    about: str
    # Which field, instant, tag … of its kind.
    of: str = ""
    others: tuple[str, ...] = ()


# In the order in which they are offered; those of no words are understood only.
KEYS = (
    Key("is", Kind.IS, _("State: unresolved, resolved, ignored, new …")),
    Key("level", Kind.LEVEL, _("How bad: error, warning …")),
    Key(
        "assigned",
        Kind.ASSIGNED,
        _("Assigned to me, none, #team or a name"),
        others=("assigned_to", "assigned_or_suggested", "assignee"),
    ),
    Key(
        "bookmarks",
        Kind.BOOKMARKS,
        _("Bookmarked by me"),
        others=("bookmarked",),
    ),
    Key("subscribed", Kind.SUBSCRIBED, _("Issues that I am subscribed to")),
    Key(
        "firstSeen",
        Kind.TIME,
        _("First event: -24h for the last 24 hours, or >2026-01-31"),
        "first_seen",
        ("first_seen", "age"),
    ),
    Key("lastSeen", Kind.TIME, _("Last event"), "last_seen", ("last_seen",)),
    Key(
        "timesSeen",
        Kind.NUMBER,
        _("Number of events, such as >100"),
        "event_count",
        ("times_seen",),
    ),
    Key(
        "users",
        Kind.NUMBER,
        _("Number of users, such as >10"),
        "user_count",
        ("usercount", "user_count"),
    ),
    Key("environment", Kind.TAG, _("Environment"), "environment"),
    Key("release", Kind.TAG, _("Release, or latest"), "release"),
    Key(
        "firstRelease",
        Kind.FIRST_RELEASE,
        _("Release of the first event, or latest"),
        others=("first-release", "first_release"),
    ),
    Key(
        "release.version",
        Kind.RELEASE_PART,
        _("Version of a release, such as >1.2"),
        "version",
    ),
    Key("release.package", Kind.RELEASE_PART, _("Package of a release"), "package"),
    Key("release.build", Kind.RELEASE_PART, "", "build"),
    Key("release.stage", Kind.NOT_KEPT, ""),
    Key("error.type", Kind.COLUMN, _("Type of the exception"), "type", ("type",)),
    Key("error.value", Kind.COLUMN, "", "value"),
    Key("error.handled", Kind.YES_OR_NO, _("Caught by the app: yes or no"), "yes"),
    Key("error.unhandled", Kind.YES_OR_NO, "", "no"),
    Key("error.mechanism", Kind.TAG, "", "mechanism"),
    Key("error.main_thread", Kind.NOT_KEPT, ""),
    Key("message", Kind.TEXT, _("Words of the message"), "called"),
    Key("title", Kind.TEXT, _("Words of the title"), "called"),
    Key("culprit", Kind.COLUMN, _("Where it happened"), "culprit"),
    Key("stack.function", Kind.TEXT, _("Function in the stack trace"), "function"),
    Key(
        "stack.module",
        Kind.TEXT,
        _("Module in the stack trace"),
        "module",
        ("stack.package",),
    ),
    Key(
        "stack.filename",
        Kind.TEXT,
        _("File in the stack trace"),
        "filename",
        ("stack.abs_path",),
    ),
    Key("platform", Kind.COLUMN, _("Platform"), "platform"),
    Key("logger", Kind.TAG, _("Logger"), "logger"),
    Key("transaction", Kind.TAG, _("Transaction"), "transaction"),
    Key("user.email", Kind.USER, _("Email address of a user"), "email"),
    Key("user.id", Kind.USER, _("Id of a user"), "id"),
    Key("user.username", Kind.USER, _("Name of a user"), "username"),
    Key("user.ip", Kind.USER, _("IP address of a user"), "ip"),
    Key("user", Kind.USER, ""),
    Key("has", Kind.HAS, _("Has this tag, whatever its value")),
    Key(
        "timestamp",
        Kind.TIME,
        _("Time of any event, to the hour"),
        "event",
        ("event.timestamp",),
    ),
    Key("url", Kind.TAG, _("URL of the request"), "url", ("http.url",)),
    Key("project", Kind.PROJECT, _("Project"), others=("project.id", "project.name")),
    Key("issue", Kind.ISSUE, _("Short id of an issue")),
    Key("issue.id", Kind.ISSUE_ID, ""),
    Key("issue.type", Kind.COLUMN, "", "kind"),
    Key("issue.category", Kind.CATEGORY, ""),
    Key("issue.priority", Kind.PRIORITY, "", others=("priority",)),
    Key("id", Kind.EVENT, _("Id of an event"), others=("event.id",)),
)

_BY_NAME = {
    spelling.lower(): key for key in KEYS for spelling in (key.name, *key.others)
}


def key_named(name: str) -> Key:
    """The key of that spelling in any case; what the language does not know is a tag.

    >>> key_named("FIRSTSEEN").of, key_named("Browser").of, key_named("tags[level]").of
    ('first_seen', 'Browser', 'level')
    """
    if name.startswith("tags[") and name.endswith("]"):
        return Key(name, Kind.TAG, "", name[len("tags[") : -1])
    return _BY_NAME.get(name.lower()) or Key(name, Kind.TAG, "", name)
