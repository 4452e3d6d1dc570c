"""The request that met the error, and the user who made it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from socket import AF_INET, inet_pton
from typing import Any, TypeGuard, cast
from urllib.parse import unquote_plus

import orjson

from ingest.normalise.fields import (
    EXTRA,
    SMALL,
    Notes,
    bag,
    fitting_bytes,
    integer,
    paired,
    text,
    trimmed,
)
from issues.event import Request, User

URL_CHARS = 8192
VALUE_CHARS = 4096
PAIRS_MAX = 200

_USER_TEXTS = {
    "id": 128,
    "email": 75,
    "username": 128,
    "name": 128,
    "ip_address": 64,
    "segment": 64,
}
_CLIENT_SIDE = frozenset({"javascript", "cocoa", "objc"})


def request(value: object, notes: Notes) -> Request | None:
    """The request, its URL split and its pairs in one form."""
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong("request", value)
        return None
    read: dict[str, Any] = {
        name: text(value.get(name), limit, notes, f"request.{name}")
        for name, limit in (("method", 32), ("fragment", 1024), ("api_target", 128))
        if name in value
    }
    if read.get("method"):
        read["method"] = read["method"].upper()
    headers, cookie_header = _headers(value.get("headers"), notes)
    read["headers"] = headers
    read["cookies"] = _cookies(value.get("cookies"), cookie_header, notes)
    read["query_string"] = _query(value.get("query_string"), notes)
    _add_url(read, value.get("url"), notes)
    if "env" in value:
        read["env"] = _environment(value["env"], notes)
    if value.get("data") not in (None, "", {}, []):
        sent = value.get("inferred_content_type")
        inferred = text(sent, 128, notes, "request.inferred_content_type")
        _add_body(read, value["data"], inferred, notes)
    if "body_size" in value:
        read["body_size"] = integer(value["body_size"], notes, "request.body_size")
    kept = {name: item for name, item in read.items() if item not in (None, [])}
    return cast("Request", kept) if kept else None


def _environment(value: object, notes: Notes) -> dict[str, Any] | None:
    """The server's variables, also out of pairs."""
    if isinstance(value, list):
        value = dict(paired(value, notes, "request.env") or [])
    return bag(value, SMALL, notes, "request.env")


def _add_url(read: dict[str, Any], value: object, notes: Notes) -> None:
    """Set ``url``, and query and fragment out of it where they were not sent."""
    url = text(value, URL_CHARS, notes, "request.url")
    if url is None:
        return
    url, _, fragment = url.partition("#")
    url, _, query = url.partition("?")
    read["url"] = url
    if fragment and not read.get("fragment"):
        read["fragment"] = fragment
    if query and not read.get("query_string"):
        read["query_string"] = _query(query, notes)


def _query(value: object, notes: Notes) -> list[list[str]] | None:
    if not isinstance(value, str):
        return _pairs(value, notes, "request.query_string")
    query = text(value.removeprefix("?"), URL_CHARS, notes, "request.query_string")
    return _form_pairs(query) if query else None


def _form_pairs(form: str) -> list[list[str]]:
    """The fields of a query or a form (urllib's parser takes five times as long)."""
    is_plain = "%" not in form and "+" not in form
    pairs = []
    for field in form.split("&", PAIRS_MAX)[:PAIRS_MAX]:
        name, _, item = field.partition("=")
        if name or item:
            pairs.append(
                [name, item] if is_plain else [unquote_plus(name), unquote_plus(item)]
            )
    return pairs


def _pairs(value: object, notes: Notes, path: str) -> list[list[str]] | None:
    """[name, text] lists; an entry with several values becomes several."""
    if _is_plain(value):
        return list(map(list, value.items()))
    found = paired(value, notes, path)
    if found is None:
        if value is not None:
            notes.wrong(path, value)
        return None
    pairs = []
    for name, item in found[:PAIRS_MAX]:
        for one in item if isinstance(item, list) else (item,):
            kept = text(one, VALUE_CHARS, notes, f"{path}.{name}")
            pairs.append([name, kept or ""])
    return pairs


def _is_plain(value: object) -> TypeGuard[dict[str, str]]:
    """Whether it is an object of a few short strings, as it nearly always is."""
    if type(value) is not dict or len(value) > PAIRS_MAX:
        return False
    try:
        return len("".join(value.values())) <= VALUE_CHARS
    except TypeError:
        return False


def _headers(value: object, notes: Notes) -> tuple[list[list[str]] | None, str]:
    """The headers without Cookie, and what that held."""
    pairs = _pairs(value, notes, "request.headers")
    if not pairs:
        return None, ""
    cookies = [
        pair for pair in pairs if len(pair[0]) == 6 and pair[0].lower() == "cookie"
    ]
    for pair in cookies:
        pairs.remove(pair)
    return pairs, "; ".join([pair[1] for pair in cookies])


def _cookies(value: object, header: str, notes: Notes) -> list[list[str]] | None:
    if value is None or value in ("", {}, []):
        value = header
    if not isinstance(value, str):
        return _pairs(value, notes, "request.cookies")
    pairs = []
    for part in value.split(";")[:PAIRS_MAX]:
        name, _, item = part.strip().partition("=")
        if name:
            pairs.append([name[:VALUE_CHARS], item[:VALUE_CHARS]])
    return pairs


def _add_body(
    read: dict[str, Any], data: Any, inferred: str | None, notes: Notes
) -> None:
    """Set ``data``, parsed where the content type says what it is."""
    kind = _content_type(read.get("headers") or []) or inferred or ""
    if isinstance(data, str):
        data = _parsed_body(data, kind)
    if kind:
        read["inferred_content_type"] = kind
    size = fitting_bytes(data, EXTRA)
    if size is not None:
        notes.cut("request.data", size, EXTRA.value_bytes)
        data = trimmed(data, EXTRA)
    read["data"] = data


def _content_type(headers: list[list[str]]) -> str:
    for name, value in headers:
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def _parsed_body(data: str, kind: str) -> Any:
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return data
    if kind == "application/x-www-form-urlencoded":
        fields: dict[str, Any] = {}
        for name, item in _form_pairs(data):
            fields.setdefault(name, []).append(item)
        return {k: item if len(item) > 1 else item[0] for k, item in fields.items()}
    return data


def user(value: object, notes: Notes) -> User:
    """The user; what the protocol does not name goes to ``data``."""
    if not isinstance(value, dict):
        if value is not None:
            notes.wrong("user", value)
        return {}
    read: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, item in value.items():
        if name in _USER_TEXTS:
            read[name] = text(item, _USER_TEXTS[name], notes, f"user.{name}")
        elif name == "geo":
            read["geo"] = bag(item, SMALL, notes, "user.geo")
        elif name != "data":
            unknown[name] = item
    data = value.get("data")
    if isinstance(data, dict):
        unknown |= data
    read["data"] = bag(unknown, SMALL, notes, "user.data")
    address = read.get("ip_address")
    if address and "auto" in address and address.replace(" ", "") == "{{auto}}":
        address = read["ip_address"] = "{{auto}}"
    if address and address != "{{auto}}" and not _is_address(address):
        notes.wrong("user.ip_address", address)
        del read["ip_address"]
    return cast("User", {k: item for k, item in read.items() if item is not None})


def add_address(user: User, event: dict[str, Any], remote_ip: str) -> None:
    """Fill the user's address as far as the event lets it be known."""
    given = user.get("ip_address")
    if given and given != "{{auto}}":
        return
    user.pop("ip_address", None)
    settings = event.get("sdk", {}).get("settings", {})
    reported = event.get("request", {}).get("env", {}).get("REMOTE_ADDR")
    if given:
        address = remote_ip
    elif isinstance(reported, str) and _is_address(reported):
        address = reported
    elif _is_sent_by_client(event) and settings.get("infer_ip") != "never":
        address = remote_ip
    else:
        return
    if address:
        user["ip_address"] = address


def _is_sent_by_client(event: dict[str, Any]) -> bool:
    """Whether the event's sender is the user's own device."""
    return event["platform"] in _CLIENT_SIDE or "csp" in event


@lru_cache(maxsize=4096)
def _is_address(value: str) -> bool:
    try:
        # In C, and right about all that it takes: ten times as fast.
        inet_pton(AF_INET, value)
    except (OSError, ValueError):
        return _is_other_address(value)
    return True


def _is_other_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True
