"""What a project's settings say about its events: which to drop, what to take out."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    # Names of LEGACY_BROWSERS.
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
class Rules:
    """A project's; the ones of its organization are in them."""

    filters: FilterRules = field(default_factory=FilterRules)
    scrubbing: ScrubbingRules = field(default_factory=ScrubbingRules)


NO_RULES = Rules()
"""Of a project where nobody has set anything."""
