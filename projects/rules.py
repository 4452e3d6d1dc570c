"""What a project's settings say about its events: dropping, scrubbing, grouping."""

from __future__ import annotations

from dataclasses import dataclass, field

# Groups of old browsers; the first are those of today, the others have been replaced
# by them and are still known from scripts.
LEGACY_BROWSERS = (
    *("ie", "edge", "safari", "firefox", "chrome"),
    *("opera", "opera_mini", "android"),
)
OLDER_LEGACY_BROWSERS = (
    *("ie_pre_9", "ie9", "ie10", "ie11", "edge_pre_79", "safari_pre_6"),
    *("opera_pre_15", "opera_mini_pre_8", "android_pre_4"),
)


# The released versions of grouping, the oldest first; issues.grouping is what they do.
GROUPING_VERSIONS = ["v1"]


def newest_grouping() -> str:
    """What new projects are on."""
    return GROUPING_VERSIONS[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRules:
    """Which events to drop. Releases, environments and messages are globs."""

    releases: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    # Addresses and networks.
    addresses: tuple[str, ...] = ()
    localhost: bool = False
    browser_extensions: bool = False
    web_crawlers: bool = False
    health_checks: bool = False
    # Of those above.
    legacy_browsers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubbingRules:
    """What to take out of events before they are stored."""

    # Off: nothing but addresses is taken out.
    is_on: bool = True
    # Whether what usually is a secret is taken out, or only the fields named below.
    uses_defaults: bool = True
    drops_addresses: bool = False
    sensitive_fields: tuple[str, ...] = ()
    safe_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingTexts:
    """The rules for grouping as people wrote them, one a line."""

    fingerprinting: str = ""
    # Of stack traces.
    enhancements: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingVersions:
    """The version of grouping that a project is on."""

    current: str = field(default_factory=newest_grouping)
    # The one before, as long as its hashes still lead to issues; else empty.
    former: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A project's; the ones of its organization are in them."""

    filters: FilterRules = field(default_factory=FilterRules)
    scrubbing: ScrubbingRules = field(default_factory=ScrubbingRules)
    grouping: GroupingTexts = field(default_factory=GroupingTexts)
    versions: GroupingVersions = field(default_factory=GroupingVersions)
    # Grouping hashes of 16 bytes whose events are dropped.
    discarded: frozenset[bytes] = frozenset()


NO_RULES = Rules()
"""Of a project where nobody has set anything."""
