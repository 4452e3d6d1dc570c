"""Which browser, system and device a User-Agent header tells of."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import ua_parser

HEADER_CHARS = 512


class Client(NamedTuple):
    """Names, and names with versions; empty where the header does not tell."""

    browser: str
    browser_name: str
    os: str
    os_name: str
    device: str
    device_family: str


@lru_cache(maxsize=4096)
def client_of(user_agent: str) -> Client:
    """What is known of the header's sender (parsing takes long, so it is kept)."""
    found = ua_parser.parse(user_agent[:HEADER_CHARS])
    browser, system, device = found.user_agent, found.os, found.device
    browser_name = browser.family if browser else ""
    os_name = system.family if system else ""
    model = ""
    if device:
        model = device.model or device.family
    return Client(
        browser=_versioned(browser_name, browser.major if browser else None),
        browser_name=browser_name,
        os=_versioned(
            os_name,
            system.major if system else None,
            system.minor if system else None,
        ),
        os_name=os_name,
        device=model,
        device_family=device.family if device else "",
    )


def _versioned(name: str, *version: str | None) -> str:
    numbers = ".".join(number for number in version if number)
    return f"{name} {numbers}" if name and numbers else name
