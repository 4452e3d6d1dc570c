"""Typed readers of environment variables: an odd spelling is an error, not a guess."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class BadSetting(SystemExit):
    """An environment variable has a value that cannot be understood."""


def text(name: str, default: str = "") -> str:
    """The variable's text; `NAME_FILE` names a file that holds it instead."""
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return os.environ.get(name, default)
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise BadSetting(f"{name}_FILE: cannot read {file}: {error.strerror}") from None


def whole(name: str, default: int, *, minimum: int = 0) -> int:
    """The variable as a whole number of at least `minimum`."""
    raw = text(name)
    if not raw:
        return default
    try:
        number = int(raw)
    except ValueError:
        raise BadSetting(f"{name}: expected a whole number, got {raw!r}") from None
    if number < minimum:
        raise BadSetting(f"{name}: expected at least {minimum}, got {number}")
    return number


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """The variable as one of `options`, whatever its case."""
    raw = text(name, default)
    for option in options:
        if raw.lower() == option.lower():
            return option
    raise BadSetting(f"{name}: expected one of {', '.join(options)}, got {raw!r}")


def address(name: str, default: str = "", *, schemes: Sequence[str]) -> str:
    """The variable as a URL that begins with one of `schemes`, or empty."""
    raw = text(name, default)
    if raw and not _is_address(raw, schemes):
        # The value itself may hold a password.
        expected = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise BadSetting(f"{name}: expected an address like {expected}")
    return raw


def _is_address(raw: str, schemes: Sequence[str]) -> bool:
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        return False
    is_somewhere = bool(parts.netloc or parts.path.strip("/"))
    return parts.scheme in schemes and port != 0 and is_somewhere


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list of words separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def mapping(name: str) -> dict[str, Any]:
    """The variable as a JSON object; empty where it is not set."""
    raw = text(name)
    try:
        value = json.loads(raw or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BadSetting(f"{name}: expected a JSON object, got {raw!r}")
    return value
