"""What the set-up page knows of a platform.

In the code {DSN} stands for the key's address, {BASE}, {KEY} and {PROJECT} for
its parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do: a title, the file to do it in (or ""), and code to copy."""

    title: str | Promise
    code: str
    language: str = "bash"
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A language or framework; those of one family stand together."""

    slug: str
    name: str
    family: str
    steps: tuple[Step, ...]


def install(code: str, language: str = "bash", file: str = "") -> Step:
    return Step(title=_("Install the SDK"), code=code, language=language, file=file)


def init(code: str, language: str, file: str = "") -> Step:
    return Step(
        title=_("Initialise it as early as possible"),
        code=code,
        language=language,
        file=file,
    )


def trial(code: str, language: str, file: str = "") -> Step:
    return Step(
        title=_("Raise an error to test it"), code=code, language=language, file=file
    )
