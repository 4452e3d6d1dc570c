"""An HTTP request as a command that does it again."""

from __future__ import annotations

import re
import shlex
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from issues.event import Request
from issues.presentation.values import text
from projects.ui import visible

# A longer command is for no clipboard.
_LONGEST = 16_000
_METHOD = re.compile(r"[A-Z]{1,20}")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]{1,200}", re.ASCII)
# curl works these out, or would be given twice.
_OWN_HEADERS = frozenset({"content-length", "host", "cookie", "accept-encoding"})
# Marks of what was filtered stay readable in a query.
_PLAIN = "[]/:,@"


def curl(request: Request) -> str:
    """The request as a command; what was filtered stays filtered.

    Empty for what is no web address, or too long. Each argument is quoted for a
    shell, and none can be read as an option or as the name of a file.
    """
    url = request.get("url", "") + _query_text(request.get("query_string", ""))
    if not is_web_address(url):
        return ""
    # Brackets stand for many addresses else.
    command = ["curl", *(["--globoff"] if re.search(r"[\[\]{}]", url) else [])]
    command += _method(request.get("method", "GET").upper())
    headers = request.get("headers", [])
    for name, value in headers:
        if name.lower() not in _OWN_HEADERS and _HEADER.fullmatch(name):
            command += ["-H", f"{name}: {_one_line(value)}"]
    if cookies := [pair for pair in request.get("cookies", []) if len(pair) == 2]:
        command += ["-b", _one_line("; ".join("=".join(pair) for pair in cookies))]
    if (body := request.get("data")) not in (None, "", {}, []):
        command += ["--data-raw", _body(body, headers)]
    command.append(url)
    told = visible(shlex.join(command))
    return told if len(told) <= _LONGEST else ""


def is_web_address(url: str) -> bool:
    """Whether a link may lead there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return is_web and url.isprintable()


def _method(method: str) -> list[str]:
    if method == "GET" or not _METHOD.fullmatch(method):
        return []
    # Else curl would wait for a body.
    return ["--head"] if method == "HEAD" else ["-X", method]


def _one_line(value: str) -> str:
    return " ".join(value.splitlines())


def _body(body: Any, headers: list[list[str]]) -> str:
    kinds = [value for name, value in headers if name.lower() == "content-type"]
    is_form = any("x-www-form-urlencoded" in kind for kind in kinds)
    if is_form and isinstance(body, dict):
        return urlencode(body, doseq=True, safe=_PLAIN)
    return text(body)


def _query_text(query: list[list[str]] | str) -> str:
    if not query:
        return ""
    if isinstance(query, str):
        return f"?{query}"
    pairs = ("=".join(quote(part, safe=_PLAIN) for part in pair) for pair in query)
    return "?" + "&".join(pairs)
