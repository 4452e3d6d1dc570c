"""What a content security policy report is about."""

from __future__ import annotations

from urllib.parse import urlsplit

from issues.event import Csp

_KEYWORDS = frozenset({"inline", "eval", "wasm-eval", "self", "trusted-types-policy"})


def blocked_source(report: Csp) -> str:
    """What was blocked: a keyword, a scheme, or a host without ``www.`` and port.

    The page's own host is ``self``.
    """
    blocked = report["blocked_uri"].strip().strip("'").removeprefix("unsafe-")
    if blocked in _KEYWORDS:
        return blocked
    host = host_of(blocked)
    if host and host == host_of(report.get("document_uri", "")):
        return "self"
    return host or blocked.partition(":")[0]


def host_of(url: str) -> str:
    """The host of a URL without ``www.`` and port, else the empty string."""
    scheme, separator, _ = url.partition("://")
    if not separator and ":" in url:
        return ""
    try:
        host = urlsplit(url if separator else f"//{url}").hostname
    except ValueError:
        return ""
    if separator and not scheme.startswith(("http", "ws")):
        return scheme.partition(":")[0]
    return (host or "").removeprefix("www.")


def summary(report: Csp) -> str:
    """One line for people, such as: Blocked 'script' from 'example.com'."""
    source = blocked_source(report)
    directive = report["effective_directive"]
    kind = directive.removesuffix("-elem").removesuffix("-attr").removesuffix("-src")
    if source in ("inline", "eval", "wasm-eval"):
        return f"Blocked {source} '{kind}'"
    if source == "self":
        return f"Blocked '{kind}' from the page's own site"
    return f"Blocked '{kind}' from '{source}'"
