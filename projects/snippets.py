"""The steps that connect an application of some platform, with its DSN in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.functional import Promise
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType

from projects.platforms import PLATFORMS, Platform, Step

# Classes of the stylesheet's highlighting, the first that contains the token.
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "c"),
    (Token.Keyword, "k"),
    (Token.Operator.Word, "k"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "m"),
    (Token.Name.Function, "f"),
    (Token.Name.Tag, "f"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step with its code filled in; `pieces` are (class or "", text) in order."""

    title: str | Promise
    file: str
    code: str
    pieces: list[tuple[str, str]] = field(repr=False)


def platform_named(slug: str) -> Platform:
    """The platform, or the first of all where none has that name."""
    for platform in PLATFORMS:
        if platform.slug == slug:
            return platform
    return PLATFORMS[0]


def name_of(slug: str) -> str:
    """The platform's name, or the slug of one that is not known here."""
    return next((each.name for each in PLATFORMS if each.slug == slug), slug)


def families() -> list[Platform]:
    """The first platform of each family, in order."""
    first: dict[str, Platform] = {}
    for platform in PLATFORMS:
        first.setdefault(platform.family, platform)
    return list(first.values())


def siblings(platform: Platform) -> list[Platform]:
    """All platforms of the same family; empty when it is alone."""
    found = [other for other in PLATFORMS if other.family == platform.family]
    return found if len(found) > 1 else []


def steps_for(platform: Platform, dsn: str) -> list[ShownStep]:
    return [_filled(step, dsn) for step in platform.steps]


def _filled(step: Step, dsn: str) -> ShownStep:
    address = urlsplit(dsn)
    prefix, _, project_id = address.path.rpartition("/")
    host = address.netloc.rpartition("@")[2]
    code = (
        step.code.strip("\n")
        .replace("{DSN}", dsn)
        .replace("{KEY}", address.username or "")
        .replace("{BASE}", f"{address.scheme}://{host}{prefix}")
        .replace("{PROJECT}", project_id)
    )
    return ShownStep(
        title=step.title,
        file=step.file,
        code=code,
        pieces=list(_highlighted(code, step.language)),
    )


def _highlighted(code: str, language: str) -> Iterator[tuple[str, str]]:
    """The code in pieces; neighbours of one class are joined."""
    options = {"startinline": True} if language == "php" else {}
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False, **options)
    last, text = "", ""
    for token, piece in lexer.get_tokens(code):
        name = _class_of(token)
        if name != last and text:
            yield last, text
            text = ""
        last, text = name, text + piece
    if text:
        yield last, text


def _class_of(token: _TokenType) -> str:
    ancestry = token.split()
    return next((name for kind, name in _CLASSES if kind in ancestry), "")
