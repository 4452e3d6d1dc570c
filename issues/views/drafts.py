"""Comments that were refused, kept for who wrote them until he sees them again."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.http import HttpRequest

_KEY = "comment_draft"
# What is longer is no comment of anybody.
_CHARS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The text as it was sent; `comment` is the one that is edited, None: a new one."""

    issue: int
    comment: int | None
    text: str
    error: str


def keep(request: HttpRequest, draft: Draft) -> None:
    request.session[_KEY] = asdict(draft) | {"text": draft.text[:_CHARS]}


def take(request: HttpRequest, issue: int) -> Draft | None:
    """The reader's draft for the issue, once."""
    kept = request.session.get(_KEY)
    if kept is None or kept["issue"] != issue:
        return None
    del request.session[_KEY]
    return Draft(**kept)
