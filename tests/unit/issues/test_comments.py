"""Comments become HTML that can do nothing, whatever was written."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.comments import TEXT_MAX
from issues.presentation.comments import MENTIONS_MAX, html_of, names_in

_PIECES = (
    *(
        "<script>",
        "</p>",
        "<img src=x onerror=alert(1)>",
        "[a](",
        "javascript:alert(1)",
    ),
    *(")", "![", "](//x.example/a.png)", "`", "```\n", "> ", "- ", "*", "@ann", "\n"),
    *("<a href='x' onclick=y>", "&#60;script&#62;", "&#8238;", "\u202e", '"', "style="),
    *("data:text/html,x", "<http://x.example>", "#core", "\\", "&lt;svg/onload=x&gt;"),
)
_TAG = re.compile(r"</?([a-z0-9]+)([^>]*)>")
_KNOWN = {
    *("p", "br", "hr", "strong", "em", "a", "span"),
    *("ul", "ol", "li", "blockquote", "code", "pre"),
}
_ATTRIBUTES = re.compile(
    r'(?: href="(?!\s*(?:javascript|data|vbscript):)[^"<>]*"| rel="[a-z ]+"'
    r'| start="\d+"| class="mention")*\s*/?'
)


def html(text: str, *mentions: str) -> str:
    return html_of(text, frozenset(mentions))


def test_markdown_is_shown() -> None:
    shown = html("**now**, `x`\nand\n\n- one\n- two")
    assert "<strong>now</strong>" in shown
    assert "<code>x</code><br>" in shown
    assert "<li>two</li>" in shown


def test_markup_is_text() -> None:
    shown = html("<script>alert(1)</script> <b>x</b>")
    assert shown == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;x&lt;/b&gt;</p>\n"
    )


def test_images_are_not_loaded() -> None:
    assert "<img" not in html("![x](https://x.example/a.png)")


def test_headings_stay_text() -> None:
    assert html("# Big") == "<p># Big</p>\n"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"]
)
def test_links_lead_to_the_web_only(address: str) -> None:
    assert "href" not in html(f"[x]({address})")


def test_links_tell_the_other_side_nothing() -> None:
    shown = html("[x](https://x.example/)")
    assert 'rel="nofollow noopener noreferrer"' in shown


@pytest.mark.parametrize("hidden", ["a\u202eb", "a&#8238;b", "`a\u202eb`"])
def test_nothing_hides(hidden: str) -> None:
    assert "aU+202Eb" in html(hidden)


def test_mentions_are_marked() -> None:
    shown = html("Ask @ann, or #core. Not @bob", "@ann", "#core")
    assert '<span class="mention">@ann</span>, or ' in shown
    assert '<span class="mention">#core</span>.' in shown
    assert "@bob" in shown
    assert shown.count("mention") == 2


def test_code_mentions_nobody() -> None:
    assert names_in("`@ann` and\n\n    @bob\n\n@cy") == ["@cy"]


def test_an_address_mentions_nobody() -> None:
    assert names_in("mail x@acme.example, see a/@b and @ann@acme.example.") == [
        "@ann@acme.example"
    ]


def test_mentions_are_bounded() -> None:
    many = " ".join(f"@user{n}" for n in range(100))
    assert len(names_in(many)) == MENTIONS_MAX


@given(st.lists(st.sampled_from(_PIECES), max_size=20))
def test_no_text_gets_past_the_allow_list(pieces: list[str]) -> None:
    shown = html("".join(pieces), "@ann", "#core")
    for name, attributes in _TAG.findall(shown):
        assert name in _KNOWN
        assert _ATTRIBUTES.fullmatch(attributes)
    assert "<" not in _TAG.sub("", shown)


@pytest.mark.parametrize(
    "piece", ["[", "*a", "> ", "`", "@", "(", "- ", "![", "<a", "&", "_a_", "[](", "\\"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * TEXT_MAX)[:TEXT_MAX]
    began = time.process_time()
    html(text)
    assert time.process_time() - began < 0.5
