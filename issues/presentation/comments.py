"""A comment's Markdown as HTML that is safe to show: no raw markup, no images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import nh3
from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.token import Token

from projects.ui import visible

# Headings would break into the page's own.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["image", "heading", "lheading"]
)
_TAGS = {
    *("p", "br", "hr", "strong", "em", "a", "span"),
    *("ul", "ol", "li", "blockquote", "code", "pre"),
}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_CLASSES = {"span": {"mention"}}
_SCHEMES = {"http", "https", "mailto"}
_REL = "nofollow noopener noreferrer"
# "@" and a name or an address, "#" and a team's slug; not within words and addresses.
_NAME = re.compile(r"(?<![\w@#&/.+-])[@#]\w[\w.+-]*(?:@\w[\w.-]*)?")
# As many are looked up in a comment.
MENTIONS_MAX = 20


def names_in(text: str) -> list[str]:
    """What looks like a mention of somebody, outside of code: "@ann", "#team"."""
    found = [
        name
        for token in _MARKDOWN.parse(text)
        for child in token.children or ()
        if child.type == "text"
        for name, _start in _names(child.content)
    ]
    return list(dict.fromkeys(found))[:MENTIONS_MAX]


@lru_cache(maxsize=512)
def html_of(text: str, mentions: frozenset[str]) -> str:
    """The comment as HTML; of what looks like a mention, `mentions` are shown as such.

    Nothing hides in it: control and direction marks show as U+XXXX.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        token.content = visible(token.content)
        if token.children:
            token.children = list(_shown(token.children, mentions))
    written = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        written,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )


def _shown(tokens: Iterable[Token], mentions: frozenset[str]) -> Iterator[Token]:
    for token in tokens:
        if token.type != "text":
            token.content = visible(token.content)
            yield token
            continue
        end = 0
        for name, start in _names(token.content):
            if name in mentions:
                yield _text(token.content[end:start])
                span = f'<span class="mention">{escape(name)}</span>'
                yield Token("html_inline", "", 0, content=span)
                end = start + len(name)
        yield _text(token.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=visible(content))


def _names(text: str) -> Iterator[tuple[str, int]]:
    """Each with where it begins; what ends a sentence is no part of a name."""
    for match in _NAME.finditer(text):
        yield match[0].rstrip(".+-"), match.start()
