"""The small top-level attributes: what, where, which version, which tags."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from msgspec import Raw

from ingest.normalise.breadcrumbs import LEVELS
from ingest.normalise.fields import Notes, json_bytes, opened, paired, shortened, text
from issues.event import Sdk
from issues.grouping.v1.library import FAMILIES
from issues.repeated import Memory, Modules, part_of

PLATFORMS = frozenset(FAMILIES) | {
    *("as3", "cfml", "haskell", "lua", "nintendo-switch", "ocaml", "playstation", "r"),
    "xbox",
}
EVENT_TYPES = frozenset(
    {"error", "default", "csp", "hpkp", "expectct", "expectstaple", "nel", "generic"}
    | {"userreportv2", "feedback"}
)
TAGS_MAX = 200
TAG_CHARS = 200

_NO_TAGS = frozenset(
    {"release", "dist", "user", "filename", "function"}
    | {"sentry:release", "sentry:dist", "sentry:user"}
)
_BAD_RELEASE = re.compile(r"[/\\\t\r\n\f]")
_DIST = re.compile(r"[A-Za-z0-9_.-]+")
_CLIENT = re.compile(r"(?:raven|sentry)[\w.-]*/[\w.+-]+")
_TAG_KEY = re.compile(r"[\w.:-]+")

_modules: Memory[bytes, Modules] = Memory(max_bytes=2**20)


def level(value: object, notes: Notes) -> str:
    """One of the five levels; aliases and raven's numbers are taken."""
    if isinstance(value, str):
        known = LEVELS.get(value) or LEVELS.get(value.strip().lower())
        if known:
            return known
        if value.isdecimal():
            value = int(value[:4])
    if isinstance(value, int | float) and 10 <= value < 60:
        return LEVELS[str(int(value) // 10 * 10)]
    if value is not None:
        notes.wrong("level", value)
    return "error"


def platform(value: object, notes: Notes) -> str:
    """A platform of the known list, else ``other``."""
    if isinstance(value, str):
        lowered = value.strip().lower()
        if lowered in PLATFORMS:
            return lowered
    if value is not None:
        notes.wrong("platform", value)
    return "other"


def release(value: object, notes: Notes) -> str | None:
    """A version name that can stand in a path of the web API."""
    name = (text(value, 200, notes, "release") or "").strip()
    if not name:
        return None
    if name in (".", "..") or name.lower() == "latest" or _BAD_RELEASE.search(name):
        notes.wrong("release", value)
        return None
    return name


def dist(value: object, notes: Notes) -> str | None:
    """A build of a release."""
    name = (text(value, 64, notes, "dist") or "").strip()
    if name and not _DIST.fullmatch(name):
        notes.wrong("dist", value)
        return None
    return name or None


def environment(value: object, notes: Notes) -> str | None:
    """Such as ``production``; ``none`` means that there is none."""
    name = (text(value, 64, notes, "environment") or "").strip()
    if not name or name.lower() == "none":
        return None
    if "\n" in name or "\r" in name:
        notes.wrong("environment", value)
        return None
    return name


def logger(value: object, notes: Notes) -> str | None:
    """The name of the logger, of one line."""
    name = (text(value, 64, notes, "logger") or "").strip()
    if "\n" in name or "\r" in name:
        notes.wrong("logger", value)
        return None
    return name or None


def fingerprint(value: object, notes: Notes) -> list[str] | None:
    """The parts as strings; a lone string is a list of one."""
    if isinstance(value, str | int | float):
        value = [value]
    if not isinstance(value, list):
        if value is not None:
            notes.wrong("fingerprint", value)
        return None
    parts = []
    for item in value[:32]:
        part = text(item, 1024, notes, "fingerprint")
        if part is not None:
            parts.append(part)
    return parts or None


def tags(value: object, notes: Notes) -> tuple[list[list[str]], str | None]:
    """The tags as [key, value], first of a key wins, and the environment among them."""
    found = paired(value, notes, "tags")
    if found is None:
        if value is not None:
            notes.wrong("tags", value)
        return [], None
    kept: dict[str, str] = {}
    named_environment = None
    if len(found) > TAGS_MAX:
        notes.cut("tags", len(found), TAGS_MAX)
    for key, item in found[: TAGS_MAX * 2]:
        name = _tag_key(key)
        if name is None:
            notes.wrong("tags", key)
            continue
        content = text(item, 10_000, notes, f"tags.{name}")
        if content is None:
            continue
        content = _one_line(content)
        if len(content) > TAG_CHARS:
            notes.cut(f"tags.{name}", len(content), TAG_CHARS)
            content = shortened(content, TAG_CHARS)
        if name == "environment":
            named_environment = named_environment or content
        elif content and name not in kept and name not in _NO_TAGS:
            kept[name] = content
    return [[key, item] for key, item in kept.items()][:TAGS_MAX], named_environment


@lru_cache(maxsize=4096)
def _tag_key(key: str) -> str | None:
    name = key.strip().replace(" ", "-")
    return name if len(name) <= TAG_CHARS and _TAG_KEY.fullmatch(name) else None


def _one_line(content: str) -> str:
    content = content.strip()
    return " ".join(content.split()) if "\n" in content or "\r" in content else content


def modules(value: object, notes: Notes) -> dict[str, str] | None:
    """Package names and versions, up to 8 KiB of them.

    A process sends the same ones each time, so that they are known by their JSON.
    """
    data = bytes(value) if isinstance(value, Raw) else json_bytes(value)
    known = _modules.get(data)
    if known is None:
        count = notes.count
        read = _read_modules(opened(data) if data else None, notes)
        known = Modules(read, part_of(json_bytes(read)))
        if notes.count == count and data:
            _modules.put(data, known, len(data))
    return known or None


def _read_modules(value: object, notes: Notes) -> dict[str, str]:
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong("modules", value)
        return {}
    kept: dict[str, str] = {}
    left = 8 * 1024
    for name, version in value.items():
        known = text(version, 256, notes, f"modules.{name}") or ""
        left -= len(name) + len(known) + 6
        if left < 0:
            notes.cut("modules", len(value), len(kept))
            break
        kept[name] = known
    return kept


def sdk(value: object, client: str, notes: Notes) -> Sdk | None:
    """The SDK's name and parts; without them what the request's ``client`` said."""
    read: dict[str, Any] = {}
    if isinstance(value, dict):
        for name in ("name", "version"):
            read[name] = text(value.get(name), 128, notes, f"sdk.{name}")
        for name in ("integrations", "features"):
            read[name] = _texts(value.get(name))
        packages = value.get("packages")
        if isinstance(packages, list) and packages:
            read["packages"] = [_package(i) for i in packages if isinstance(i, dict)]
        if isinstance(value.get("settings"), dict):
            read["settings"] = _scalars(value["settings"])
    elif value is not None:
        notes.wrong("sdk", value)
    if not read.get("name") and client:
        name, _, version = client.partition("/")
        read["name"], read["version"] = name[:128], version[:128]
    kept: Any = {k: item for k, item in read.items() if item}
    return kept or None


def client_of(user_agent: str) -> str:
    """Name and version of an SDK that tells them in this header only; else nothing."""
    match = _CLIENT.match(user_agent)
    return match[0] if match else ""


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    try:
        "".join(value)
    except TypeError:
        value = [item for item in value if isinstance(item, str)]
    return value[:200]


def _package(value: dict[str, Any]) -> dict[str, str]:
    return {
        name: value[name][:200]
        for name in ("name", "version")
        if isinstance(value.get(name), str)
    }


def _scalars(value: dict[str, Any]) -> dict[str, Any]:
    return {
        key: item
        for key, item in list(value.items())[:50]
        if isinstance(item, str | int | float | bool)
    }
