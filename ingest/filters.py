"""Which events a project does not want, by what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ingest import crawlers, extensions
from ingest.browsers import client_of
from ingest.legacy import is_legacy
from issues.event import Event
from projects.globs import compile_globs
from projects.networks import read_network
from projects.rules import FilterRules

Check = Callable[[Event, str], bool]
"""Whether an event that came from an address is to be dropped."""

# The last step of a path or of a dotted name that only machines ask for.
_HEALTH_STEPS = frozenset(
    {
        *("health", "healthy", "healthz", "_health", "[_health]", "live", "livez"),
        *("liveness", "ready", "readyz", "readiness", "ping", "up"),
    }
)
_HEALTH_WORDS = re.compile(r"health[-_]?check|heart[-_]?beat", re.IGNORECASE)
_METHOD = re.compile(r"^[A-Z]+ +")


class Filter(NamedTuple):
    """A filter that is on; `name` is the reason that its events are counted under."""

    name: str
    drops: Check


def reason_to_drop(rules: FilterRules, event: Event, remote_ip: str) -> str | None:
    """The name of the first filter that the event meets, None if it meets none.

    `event` is normalised and not scrubbed yet; `remote_ip` is its sender's.
    """
    for name, drops in _filters(rules):
        if drops(event, remote_ip):
            return name
    return None


@lru_cache(maxsize=1024)
def _filters(rules: FilterRules) -> tuple[Filter, ...]:
    """The filters that are on; what is cheap to ask comes first."""
    found = []
    if rules.addresses:
        found.append(Filter("ip-address", _from(rules.addresses)))
    for name, patterns, texts in (
        ("release-version", rules.releases, _release),
        ("environment", rules.environments, _environment),
        ("error-message", rules.messages, messages_of),
    ):
        globs = compile_globs(patterns)
        if globs is not None:
            found.append(Filter(name, _matching(globs, texts)))
    if rules.localhost:
        found.append(Filter("localhost", _is_local))
    if rules.browser_extensions:
        found.append(Filter("browser-extensions", _is_of_extension))
    if rules.health_checks:
        found.append(Filter("health-check", _is_health_check))
    if rules.web_crawlers:
        found.append(Filter("web-crawlers", _is_of_crawler))
    if rules.legacy_browsers:
        found.append(Filter("legacy-browsers", _of_browsers(rules.legacy_browsers)))
    return tuple(found)


def messages_of(event: Event) -> Iterator[str]:
    """What the event's title is made of: ``type: value`` of what was raised last."""
    if "exception" in event:
        raised = event["exception"]["values"][-1]
        parts = [raised.get("type"), raised.get("value")]
        yield ": ".join(part for part in parts if part)
    elif "logentry" in event:
        yield event["logentry"]["formatted"]


def _release(event: Event) -> Iterable[str]:
    return [event["release"]] if "release" in event else []


def _environment(event: Event) -> Iterable[str]:
    return [event["environment"]] if "environment" in event else []


def _matching(globs: re.Pattern[str], texts: Callable[[Event], Iterable[str]]) -> Check:
    return lambda event, _: any(globs.match(text) for text in texts(event))


def _from(rules: tuple[str, ...]) -> Check:
    networks = [network for rule in rules if (network := read_network(rule))]

    def drops(event: Event, remote_ip: str) -> bool:
        return any(
            any(address in network for network in networks)
            for text in (remote_ip, *_addresses(event))
            if (address := _address(text)) is not None
        )

    return drops


@lru_cache(maxsize=4096)
def _address(text: str) -> Any:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _addresses(event: Event) -> Iterator[str]:
    """Whose the event is, as far as it tells."""
    user = event.get("user", {}).get("ip_address")
    if user:
        yield user
    reported = event.get("request", {}).get("env", {}).get("REMOTE_ADDR")
    if isinstance(reported, str):
        yield reported


def _is_local(event: Event, _: str) -> bool:
    """The user's address or the page's is one of this machine."""
    host = _host(event.get("request", {}).get("url", ""))
    if host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        return True
    return any(map(_is_loopback, _addresses(event)))


def _is_loopback(text: str) -> bool:
    address = _address(text)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_of_extension(event: Event, _: str) -> bool:
    if event["platform"] != "javascript":
        return False
    if any(map(extensions.is_known, messages_of(event))):
        return True
    return extensions.is_source(_newest_file(event))


def _newest_file(event: Event) -> str:
    """Where the code that raised what was raised last stands."""
    if "exception" not in event:
        return ""
    trace = event["exception"]["values"][-1].get("stacktrace")
    for frame in reversed(trace["frames"] if trace else []):
        file = frame.get("abs_path") or frame.get("filename", "")
        if file and not file.startswith(("<", "[native")):
            return str(file)
    return ""


def _is_health_check(event: Event, _: str) -> bool:
    """The transaction or the path asked for is one for machines that watch."""
    if _is_health_name(_METHOD.sub("", event.get("transaction", ""))):
        return True
    return _is_health_name(_path(event.get("request", {}).get("url", "")))


def _is_health_name(name: str) -> bool:
    if not name:
        return False
    step = name.rstrip("/").rpartition("/")[2].lower()
    is_named = "/" in name and step in _HEALTH_STEPS
    return is_named or _HEALTH_WORDS.search(name) is not None


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _is_of_crawler(event: Event, _: str) -> bool:
    user_agent = user_agent_of(event)
    return bool(user_agent) and crawlers.is_crawler(user_agent)


def _of_browsers(names: tuple[str, ...]) -> Check:
    def drops(event: Event, _: str) -> bool:
        user_agent = user_agent_of(event)
        return bool(user_agent) and is_legacy(client_of(user_agent), names)

    return drops


def user_agent_of(event: Event) -> str:
    """The header of the request that the event tells of; empty without one."""
    for name, value in event.get("request", {}).get("headers", ()):
        if name.lower() == "user-agent":
            return value
    return ""
