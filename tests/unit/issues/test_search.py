"""The query box's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issues.search import (
    UNRESOLVED,
    ColumnTerm,
    CountTerm,
    IssueFilter,
    Reason,
    SearchError,
    TagTerm,
    TimeTerm,
    UserTerm,
    parse,
    quote,
    words_of,
)

NOW = datetime(2026, 11, 23, 8, 42, 11, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, tzinfo=UTC)


def filtered(**fields: Any) -> IssueFilter:
    return IssueFilter(**fields)


def test_an_empty_query_asks_for_everything() -> None:
    assert parse("  ") == IssueFilter()


def test_the_default_query_asks_for_what_is_unresolved() -> None:
    assert parse("is:unresolved") == UNRESOLVED


@pytest.mark.parametrize("query", ["is:archived", "is:muted", "IS:Ignored"])
def test_other_words_for_ignored(query: str) -> None:
    assert parse(query).statuses == {"ignored"}


def test_terms_narrow_each_other() -> None:
    assert parse("is:unresolved is:resolved").statuses == frozenset()
    assert parse("!is:resolved !is:ignored") == UNRESOLVED
    assert parse("is:regressed").substatuses == frozenset({"regressed"})
    assert parse("!is:new").substatuses == frozenset({"ongoing", "regressed"})


def test_levels() -> None:
    assert parse("level:error").levels == {"error"}
    assert parse("level:[error, critical]").levels == {"error", "fatal"}
    assert parse("!level:debug !level:info").levels == {"warning", "error", "fatal"}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Fail to lock", ("fail", "to", "lock")),
        ("connectionPool", ("connection", "pool")),
        ("src/checkout/Summary.tsx", ("src", "checkout", "summary", "tsx")),
        ("TypeError: bad value", ("type", "error", "bad", "value")),
        ("https://example.com/a", ("https", "example", "com", "a")),
        ("std::vector", ("std", "vector")),
        ('"is:unresolved"', ("is", "unresolved")),
        ('say \\"x\\"', ("say", "x")),
        ('broken "quote', ("broken", "quote")),
        ('key:"broken', ("key", "broken")),
        ("message:timeout", ("timeout",)),
        ("支付失败", ("支付失败",)),
        ("a\0b", ("ab",)),
        ("***", ()),
    ],
)
def test_free_text(query: str, words: tuple[str, ...]) -> None:
    assert parse(query) == filtered(words=words)
    assert parse(query).words == words


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("browser:Chrome", TagTerm(key="browser", values=("Chrome",))),
        ("!env:a", TagTerm(key="env", values=("a",), is_negated=True)),
        ('os:"Mac OS X"', TagTerm(key="os", values=("Mac OS X",))),
        ('note:"say \\"hi\\""', TagTerm(key="note", values=('say "hi"',))),
        ("os:[iOS,Android]", TagTerm(key="os", values=("iOS", "Android"))),
        ('os:["Mac OS", iOS]', TagTerm(key="os", values=("Mac OS", "iOS"))),
        ("release:shop@*", TagTerm(key="release", values=("shop@*",))),
        (
            "url:https://x.example/a:b",
            TagTerm(key="url", values=("https://x.example/a:b",)),
        ),
        ("tags[level]:x", TagTerm(key="level", values=("x",))),
        ("has:release", TagTerm(key="release", values=())),
        ("!has:user_type", TagTerm(key="user_type", values=(), is_negated=True)),
    ],
)
def test_tags(query: str, term: TagTerm) -> None:
    assert parse(query) == filtered(tags=(term,))


def test_columns_and_users() -> None:
    assert parse("error.type:KeyError platform:python").columns == (
        ColumnTerm(column="type", values=("KeyError",)),
        ColumnTerm(column="platform", values=("python",)),
    )
    assert parse("user.email:a@b.example !user:id:5").users == (
        UserTerm(identity="email:a@b.example"),
        UserTerm(identity="id:5", is_negated=True),
    )


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("firstSeen:-24h", NOW - DAY, None),
        ("age:+2w", None, NOW - 14 * DAY),
        ("!firstSeen:-24h", None, NOW - DAY),
        (
            "firstSeen:2026-11-01",
            datetime(2026, 11, 1, tzinfo=UTC),
            datetime(2026, 11, 2, tzinfo=UTC),
        ),
        ("firstSeen:>2026-11-01", datetime(2026, 11, 2, tzinfo=UTC), None),
        ("firstSeen:>=2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), None),
        ("firstSeen:<2026-11-01", None, datetime(2026, 11, 1, tzinfo=UTC)),
        ("firstSeen:<=2026-11-01", None, datetime(2026, 11, 2, tzinfo=UTC)),
        (
            "firstSeen:<2026-11-01T04:00:00+02:00",
            None,
            datetime(2026, 11, 1, 2, tzinfo=UTC),
        ),
    ],
)
def test_times(query: str, since: datetime | None, until: datetime | None) -> None:
    expected = TimeTerm(instant="first_seen", since=since, until=until)
    assert parse(query, now=NOW).times == (expected,)


def test_counts() -> None:
    assert parse("timesSeen:>100 times_seen:<=2k times_seen:7").counts == (
        CountTerm(operator=">", count=100),
        CountTerm(operator="<=", count=2000),
        CountTerm(operator="=", count=7),
    )


def test_bookmarks() -> None:
    assert parse("bookmarks:me").is_bookmarked is True
    assert parse("!is:bookmarked").is_bookmarked is False


@pytest.mark.parametrize(
    ("query", "reason", "term"),
    [
        ("is:wrong", Reason.IS, "is:wrong"),
        ("is:unresolved level:loud", Reason.LEVEL, "level:loud"),
        ("timesSeen:>lots", Reason.NUMBER, "timesSeen:>lots"),
        ("!timesSeen:>3", Reason.NUMBER, "!timesSeen:>3"),
        ("lastSeen:soon", Reason.DATE, "lastSeen:soon"),
        ("lastSeen:-999999999w", Reason.DATE, "lastSeen:-999999999w"),
        ("lastSeen:>9999-12-31", Reason.DATE, "lastSeen:>9999-12-31"),
        ("!lastSeen:2026-11-01", Reason.DATE, "!lastSeen:2026-11-01"),
        ('browser:""', Reason.EMPTY, 'browser:""'),
        ("browser:[]", Reason.EMPTY, "browser:[]"),
        ("!browser:", Reason.EMPTY, "!browser:"),
        ("bookmarks:you", Reason.BOOKMARKS, "bookmarks:you"),
        ("a OR b", Reason.OPERATOR, "OR"),
    ],
)
def test_what_cannot_be_read_is_named(query: str, reason: Reason, term: str) -> None:
    with pytest.raises(SearchError) as raised:
        parse(query, now=NOW)
    assert (raised.value.reason, raised.value.term) == (reason, term)
    assert term in str(raised.value)


@pytest.mark.parametrize(
    "value",
    ["Chrome", "Mac OS X", 'say "hi"', "a*b", "back\\slash", "[x]", ":a", "//b", "<"],
)
def test_a_quoted_value_is_read_as_itself(value: str) -> None:
    (term,) = parse(f"key:{quote(value)}").tags
    assert term == filtered().with_tag("key", value).tags[0]


@pytest.mark.parametrize("character", "\"\\[]!:*<>() \t\n\u2028'%_&|")
def test_no_character_breaks_the_parser(character: str) -> None:
    for query in (character * 50, f"key:{character}", f"is:unresolved {character}x"):
        try:
            parse(query, now=NOW)
        except SearchError:
            continue


def test_words_are_parted_as_the_index_parts_them() -> None:
    assert words_of("HTTPServer_error-42") == ("httpserver", "error", "42")
