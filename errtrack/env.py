"""Typed readers of environment variables: an odd spelling is an error, not a guess."""

import json
import os
from pathlib import Path
from typing import Any

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


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


def flag(name: str, default: bool) -> bool:
    """The variable as yes or no."""
    raw = text(name, str(default)).lower()
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise BadSetting(f"{name}: expected yes or no, got {raw!r}")


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """The variable as one of `options`, whatever its case."""
    raw = text(name, default)
    for option in options:
        if raw.lower() == option.lower():
            return option
    raise BadSetting(f"{name}: expected one of {', '.join(options)}, got {raw!r}")


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
