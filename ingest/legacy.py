"""Browsers that are old: each group is one that a project can refuse.

Those without a number in their name are browsers from before spring 2023; the others
are names that older scripts use.
"""

from __future__ import annotations

from typing import NamedTuple

from ingest.browsers import Client

_NO_END = 10**9


class Group(NamedTuple):
    """Versions from `first` on and before `end` of the browsers of these families."""

    families: frozenset[str]
    end: int
    first: int = 0


_IE = frozenset({"IE", "IE Mobile"})
_EDGE = frozenset({"Edge", "Edge Mobile"})
_SAFARI = frozenset({"Safari", "Mobile Safari", "Mobile Safari UI/WKWebView"})
_FIREFOX = frozenset({"Firefox", "Firefox Mobile"})
_CHROME = frozenset({"Chrome", "Chrome Mobile", "Chrome Mobile WebView"})
_OPERA = frozenset({"Opera", "Opera Mobile"})
_OPERA_MINI = frozenset({"Opera Mini"})
_ANDROID = frozenset({"Android"})

GROUPS = {
    "ie": Group(_IE, _NO_END),
    "edge": Group(_EDGE, 111),
    "safari": Group(_SAFARI, 16),
    "firefox": Group(_FIREFOX, 111),
    "chrome": Group(_CHROME, 111),
    "opera": Group(_OPERA, 97),
    "opera_mini": Group(_OPERA_MINI, 35),
    "android": Group(_ANDROID, 5),
    "ie_pre_9": Group(_IE, 9),
    "ie9": Group(_IE, 10, 9),
    "ie10": Group(_IE, 11, 10),
    "ie11": Group(_IE, 12, 11),
    "edge_pre_79": Group(_EDGE, 79),
    "safari_pre_6": Group(_SAFARI, 6),
    "opera_pre_15": Group(_OPERA, 15),
    "opera_mini_pre_8": Group(_OPERA_MINI, 8),
    "android_pre_4": Group(_ANDROID, 4),
}


def is_legacy(client: Client, names: tuple[str, ...]) -> bool:
    """Whether the browser belongs to one of the groups; not if it tells no version."""
    number = client.browser.removeprefix(client.browser_name).strip()
    major = number.partition(".")[0]
    if not major.isdecimal():
        return False
    groups = (GROUPS[name] for name in names if name in GROUPS)
    return any(
        client.browser_name in group.families and group.first <= int(major) < group.end
        for group in groups
    )
