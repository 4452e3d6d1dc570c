"""Who sends: the public key in a header, the query or a DSN."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

# The versions of the protocol's authentication that clients have sent.
OLDEST_VERSION, NEWEST_VERSION = 2.0, 8.0
MAX_CLIENT_CHARACTERS = 100

_KEY = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"sentry\s+", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*,\s*|\s+")
# Longer ones than any client sends are not worth remembering.
_REMEMBERED_BYTES = 512


class AuthError(Exception):
    """The credentials cannot be understood."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A public key of 32 lowercase hex digits, and the client's name and version."""

    public_key: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class DSN:
    """What a tunnelled envelope says of its destination."""

    public_key: str
    project_id: int


def credentials(
    headers: Mapping[bytes, bytes], query_string: bytes, path_key: str = ""
) -> Credentials | None:
    """The credentials of a request: the first form that is there.

    Names of `headers` are in lower case; `path_key` is the key that some addresses
    hold. Raises AuthError. Source: protocol, "Authentication".
    """
    if path_key:
        return Credentials(public_key(path_key))
    if header := headers.get(b"x-sentry-auth"):
        return _from_header(header)
    authorization = headers.get(b"authorization", b"")
    if authorization[:7].lower() == b"sentry ":
        return _from_header(authorization)
    if b"sentry_key=" in query_string:
        return _from_query(query_string)
    if authorization[:6].lower() == b"basic ":
        return _from_basic(authorization[6:])
    if authorization[:4].lower() == b"dsn ":
        return Credentials(parse_dsn(authorization[4:].decode("latin-1")).public_key)
    return None


def parse_dsn(text: str) -> DSN:
    """The key and the project of a DSN, whatever its prefix. Raises AuthError."""
    try:
        parts = urlsplit(text.strip())
        username = parts.username
    except ValueError:
        raise AuthError("bad dsn") from None
    project = parts.path.rstrip("/").rpartition("/")[2]
    if not username or not (project.isascii() and project.isdigit()):
        raise AuthError("bad dsn")
    if len(project) > 18:
        raise AuthError("bad dsn")
    return DSN(public_key(unquote(username)), int(project))


def public_key(text: str) -> str:
    """The key as we hand it out, also of a dashed or upper-case one."""
    key = text.strip().lower().replace("-", "")
    if not _KEY.fullmatch(key):
        raise AuthError("bad sentry_key: expected 32 hexadecimal digits")
    return key


def _from_header(header: bytes) -> Credentials:
    if len(header) > _REMEMBERED_BYTES:
        return _parse_header(header)
    return _remembered_header(header)


def _parse_header(header: bytes) -> Credentials:
    text = _PREFIX.sub("", header.decode("latin-1").strip(), count=1)
    pairs: dict[str, str] = {}
    for part in _SEPARATOR.split(text):
        name, equals, value = part.partition("=")
        if equals:
            pairs.setdefault(name.lower(), unquote(value.strip('"')))
    if "sentry_key" not in pairs:
        raise AuthError("no sentry_key in the authentication header")
    return _checked(pairs)


def _from_query(query_string: bytes) -> Credentials:
    if len(query_string) > _REMEMBERED_BYTES:
        return _parse_query(query_string)
    return _remembered_query(query_string)


def _parse_query(query_string: bytes) -> Credentials:
    text = query_string.decode("latin-1")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise AuthError("too many fields in the query") from None
    return _checked(dict(reversed(pairs)))


def _from_basic(encoded: bytes) -> Credentials:
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        raise AuthError("bad Basic authorization") from None
    return Credentials(public_key(text.partition(":")[0]))


def _checked(pairs: dict[str, str]) -> Credentials:
    version = pairs.get("sentry_version")
    if version:
        _check_version(version)
    client = "".join(filter(str.isprintable, pairs.get("sentry_client", "")))
    key = public_key(pairs.get("sentry_key", ""))
    return Credentials(key, client[:MAX_CLIENT_CHARACTERS])


def _check_version(text: str) -> None:
    try:
        version = float(text)
    except ValueError:
        raise AuthError("bad sentry_version: expected a number") from None
    if not OLDEST_VERSION <= version < NEWEST_VERSION + 1:
        raise AuthError("bad sentry_version: expected 2 to 8")


_remembered_header = lru_cache(maxsize=1024)(_parse_header)
_remembered_query = lru_cache(maxsize=1024)(_parse_query)
