"""The query box's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issues.search import (
    UNRESOLVED,
    ColumnTerm,
    IssueFilter,
    NumberTerm,
    Reason,
    SearchError,
    TagTerm,
    TextTerm,
    TimeTerm,
    UserTerm,
    parse,
    quote,
    words_of,
)
from issues.search.keys import KEYS, key_named
from issues.search.lexing import tokens
from issues.search.reading import MAX_TERMS
from issues.search.terms import (
    BookmarkTerm,
    EventTerm,
    IssueTerm,
    ProjectTerm,
    ReleaseTerm,
    StateTerm,
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
    assert "new" not in (parse("!is:new").substatuses or {"new"})
    assert parse("is:new is:regressed").substatuses == frozenset()


def test_states_of_both_kinds() -> None:
    assert parse("is:for_review").statuses == {"unresolved"}
    assert {"new", "regressed"} <= (parse("is:for_review").substatuses or set())
    assert parse("is:forever") == filtered(
        statuses=frozenset({"ignored"}), substatuses=frozenset({"none"})
    )


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
        ("user: nobody", ("user", "nobody")),
        ("nonsense:", ("nonsense",)),
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
    assert tuple(word for term in texts(query) for word in term.words) == words


def texts(query: str) -> list[TextTerm]:
    found = parse(query).terms
    assert all(isinstance(term, TextTerm) for term in found)
    return [term for term in found if isinstance(term, TextTerm)]


def test_words_in_quotes_stand_side_by_side() -> None:
    assert texts('"bad gateway" timeout "one"') == [
        TextTerm(words=("bad", "gateway"), is_phrase=True),
        TextTerm(words=("timeout",)),
        TextTerm(words=("one",)),
    ]


def test_words_of_a_place() -> None:
    assert texts("stack.function:parse_cart !message:timeout") == [
        TextTerm(words=("parse", "cart"), place="function", is_phrase=True),
        TextTerm(words=("timeout",), place="called", is_negated=True),
    ]


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
        ('region:""', TagTerm(key="region", values=(), is_negated=True)),
        ('!region:""', TagTerm(key="region", values=())),
        ("Region:eu", TagTerm(key="Region", values=("eu",))),
        ("error.unhandled:1", TagTerm(key="handled", values=("no",))),
        ("error.handled:no", TagTerm(key="handled", values=("no",))),
    ],
)
def test_tags(query: str, term: TagTerm) -> None:
    assert parse(query) == filtered(terms=(term,))


def test_columns_and_users() -> None:
    assert parse("error.type:KeyError platform:python").terms == (
        ColumnTerm(column="type", values=("KeyError",)),
        ColumnTerm(column="platform", values=("python",)),
    )
    assert parse(
        "user.email:a@b.example !user:id:5 has:user !has:user.email"
    ).terms == (
        UserTerm(identities=("email:a@b.example",)),
        UserTerm(identities=("id:5",), is_negated=True),
        UserTerm(identities=()),
        UserTerm(identities=("email:*",), is_negated=True),
    )


def test_ids() -> None:
    assert parse("issue:SHOP-1A !issue.id:42").terms == (
        IssueTerm(short_ids=(("shop", 42),)),
        IssueTerm(ids=(42,), is_negated=True),
    )
    assert parse(f"id:{'Ab' * 16}").terms == (EventTerm(ids=("ab" * 16,)),)
    assert parse("project:[shop, 7]").terms == (ProjectTerm(names=("shop", "7")),)


def test_parts_of_releases() -> None:
    assert parse("release.version:>1.2 release.package:shop").terms == (
        ReleaseTerm(part="version", values=("1.2",), operator=">"),
        ReleaseTerm(part="package", values=("shop",)),
    )


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("firstSeen:-24h", NOW - DAY, None),
        ("age:+2w", None, NOW - 14 * DAY),
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
    assert parse(query, now=NOW).terms == (expected,)


def test_a_span_of_time_can_be_left_out() -> None:
    (term,) = parse("!lastSeen:2026-11-01").terms
    assert term == TimeTerm(
        instant="last_seen", since=FIRST, until=FIRST + DAY, is_negated=True
    )


def test_numbers() -> None:
    assert parse("timesSeen:>100 times_seen:<=2k timesSeen:7 !users:>3").terms == (
        NumberTerm(number="event_count", operator=">", count=100),
        NumberTerm(number="event_count", operator="<=", count=2000),
        NumberTerm(number="event_count", operator="=", count=7),
        NumberTerm(number="user_count", operator="<=", count=3),
    )


def test_bookmarks() -> None:
    assert parse("bookmarks:me").terms == (BookmarkTerm(),)
    assert parse("!is:bookmarked").terms == (BookmarkTerm(is_negated=True),)


SPELLINGS = """
is:unresolved is:resolved is:ignored is:archived is:muted is:assigned is:unassigned
is:for_review is:new is:ongoing is:escalating is:regressed is:until_escalating
is:until_condition_met is:forever !is:resolved !is:new !is:for_review !is:forever
!is:until_escalating !is:assigned
assigned:me assigned_to:none assigned_or_suggested:my_teams assigned:#core
assigned:ann@example.com assigned:ann assigned_or_suggested:[me,none] !assigned:me
assigned:"Ann Lee" assigned:"" has:assigned !has:assigned
bookmarks:me !bookmarks:me subscribed:me !subscribed:me SUBSCRIBED:ME
first-release:1.0 firstRelease:latest firstRelease:[1.0,latest] has:firstRelease
firstRelease:"" !firstRelease:1.*
age:-24h firstSeen:+24h lastSeen:-30m lastSeen:-2w lastSeen:+3d !age:-1d
firstSeen:>2026-01-01 firstSeen:>=2026-01-01T08:00 lastSeen:<2026-01-01T08:00:00Z
lastSeen:<=2026-01-01T08:00:00.123+02:00 lastSeen:2026-01-01 !lastSeen:2026-01-01
event.timestamp:>2026-01-01 timestamp:-1h
times_seen:5 timesSeen:>5 timesSeen:>=5 timesSeen:<5 timesSeen:<=5k timesSeen:>1m
timesSeen:<1b !timesSeen:5 users:>10
issue:SHOP-1 issue:[SHOP-1,SHOP-2] !issue:SHOP-1 issue.id:7 issue.id:[7,8]
issue.type:error !issue.type:error
issue.priority:high priority:[medium,low] !issue.priority:low
project:shop project.id:7 project:[shop,till] !project:shop
message:timeout title:"bad gateway" message:*time* !message:x level:error
level:[error,fatal] !level:info platform:python !platform:[python,go]
environment:production environment:"" !environment:"" has:environment
release:latest release:[latest,1.0] release:shop@* !release:1.0 release:""
release.version:>1.2 release.version:>=1.2 release.version:1.2 release.version:1.*
!release.version:<2 release.build:42 release.package:shop has:release.version
dist:1 logger:shop.cart transaction:"GET /find" trace:0123456789abcdef
id:0123456789abcdef0123456789abcdef id:01234567-89ab-cdef-0123-456789abcdef
user.id:1 user.email:a@example.com user.ip:192.0.2.* user.username:ann user:id:1
user:ann !user.id:1 has:user !has:user.email user.id:[1,2]
error.type:KeyError error.value:*sku* error.handled:true error.handled:0
error.unhandled:yes error.mechanism:generic has:error.handled
stack.abs_path:/srv/app.py stack.filename:app.py stack.function:run stack.module:shop
stack.package:shop
http.method:GET http.url:https://example.com/a http.referer:"" http.status_code:404
sdk.name:sentry.python sdk.version:2.0 device.family:Pixel os.name:[iOS,Android]
geo.city:Graz app.in_foreground:true unreal.crash_type:Crash
browser:"Mobile Safari" browser:Chrome* browser:a\\*b !browser:[Chrome,"Mobile Safari"]
tags[level]:x !tags[is]:y tags[has]:[a,b] has:tags[level] has:my-tag !has:my.tag
timeout !timeout "bad gateway" !"bad gateway"
"""


def test_every_documented_form_is_understood() -> None:
    for one in tokens(SPELLINGS):
        assert parse(one.text, now=NOW) != filtered(), one.text


def test_what_all_issues_are_narrows_nothing() -> None:
    assert parse("issue.category:error") == filtered()
    assert parse("issue.category:performance").statuses == frozenset()


def test_priority_is_that_of_the_level() -> None:
    assert parse("issue.priority:high").levels == {"error", "fatal"}
    assert parse("!priority:[high,low]").levels == {"warning"}


def test_states_of_both_kinds_can_be_left_out() -> None:
    assert parse("!is:forever").terms == (
        StateTerm(status="ignored", substatuses=frozenset({"none"}), is_negated=True),
    )


def test_free_text_can_be_left_out() -> None:
    assert texts('!timeout !"bad gateway"') == [
        TextTerm(words=("timeout",), is_negated=True),
        TextTerm(words=("bad", "gateway"), is_phrase=True, is_negated=True),
    ]


@pytest.mark.parametrize(
    ("query", "reason", "term"),
    [
        ("is:wrong", Reason.IS, "is:wrong"),
        ("is:unresolved level:loud", Reason.LEVEL, "level:loud"),
        ("timesSeen:>lots", Reason.NUMBER, "timesSeen:>lots"),
        ("lastSeen:soon", Reason.DATE, "lastSeen:soon"),
        ("lastSeen:-999999999w", Reason.DATE, "lastSeen:-999999999w"),
        ("lastSeen:>9999-12-31", Reason.DATE, "lastSeen:>9999-12-31"),
        ("is:linked", Reason.NOT_LINKED, "is:linked"),
        ("!is:unlinked", Reason.NOT_LINKED, "!is:unlinked"),
        ("is:[new,resolved]", Reason.LIST, "is:[new,resolved]"),
        ("has:[release,user]", Reason.LIST, "has:[release,user]"),
        ("subscribed:[me]", Reason.LIST, "subscribed:[me]"),
        ("subscribed:you", Reason.ME, "subscribed:you"),
        ("priority:urgent", Reason.PRIORITY, "priority:urgent"),
        ("release.stage:adopted", Reason.NOT_KEPT, "release.stage:adopted"),
        ("has:error.main_thread", Reason.NOT_KEPT, "has:error.main_thread"),
        ('level:""', Reason.HAS, 'level:""'),
        ("error.handled:maybe", Reason.YES_OR_NO, "error.handled:maybe"),
        ("issue:nowhere", Reason.ID, "issue:nowhere"),
        ("issue.id:x", Reason.ID, "issue.id:x"),
        ("id:12", Reason.ID, "id:12"),
        ("message:***", Reason.EMPTY, "message:***"),
        ("has:timesSeen", Reason.HAS, "has:timesSeen"),
        ("browser:[]", Reason.EMPTY, "browser:[]"),
        ("!browser:", Reason.EMPTY, "!browser:"),
        ("is:unresolved is:", Reason.EMPTY, "is:"),
        ("bookmarks:you", Reason.ME, "bookmarks:you"),
        ("a OR b", Reason.OPERATOR, "OR"),
        ("(is:new level:error)", Reason.GROUP, "(is:new"),
        ("a !((!level:error)", Reason.GROUP, "!((!level:error)"),
    ],
)
def test_what_cannot_be_read_is_named(query: str, reason: Reason, term: str) -> None:
    with pytest.raises(SearchError) as raised:
        parse(query, now=NOW)
    assert (raised.value.reason, raised.value.term) == (reason, term)
    assert term in str(raised.value)
    assert query[raised.value.at :].startswith(term)


def test_no_query_costs_more_than_so_many_terms() -> None:
    parse("a " * MAX_TERMS)
    with pytest.raises(SearchError) as raised:
        parse("a " * MAX_TERMS + "last")
    assert (raised.value.reason, raised.value.term) == (Reason.TOO_MANY, "last")


def test_every_key_is_understood_by_all_its_names() -> None:
    for key in KEYS:
        assert {key_named(name.upper()) for name in (key.name, *key.others)} == {key}


@pytest.mark.parametrize(
    "value",
    ["Chrome", "Mac OS X", 'say "hi"', "a*b", "back\\slash", "[x]", ":a", "//b", "<"],
)
def test_a_quoted_value_is_read_as_itself(value: str) -> None:
    assert parse(f"key:{quote(value)}") == filtered().with_tag("key", value)


@pytest.mark.parametrize("character", "\"\\[]!:*<>() \t\n\u2028'%_&|")
def test_no_character_breaks_the_parser(character: str) -> None:
    for query in (character * 50, f"key:{character}", f"is:unresolved {character}x"):
        try:
            parse(query, now=NOW)
        except SearchError:
            continue


def test_words_are_parted_as_the_index_parts_them() -> None:
    assert words_of("HTTPServer_error-42") == ("httpserver", "error", "42")
