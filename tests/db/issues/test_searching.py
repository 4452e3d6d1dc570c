"""A table of searches and the issues that they find, among a few of each kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from issues import finding, subscriptions
from issues.cursors import Sort
from issues.listing import count_issues, list_issues
from issues.merging.changes import merge
from issues.models import Assignment, Event, Issue, IssueState
from issues.search import parse
from projects.models import Membership, Project, Team
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_frame,
    make_organization,
    make_payload,
    make_project,
    store,
)
from tests.people import make_member

NOW = datetime.now(UTC).replace(microsecond=0)
AGES = {"Cart": 1, "Mail": 50, "Search": 24 * 20, "Built": 2}


@pytest.fixture
def project(db: None) -> Project:
    """Three issues, called Cart, Mail and Search, which differ in everything."""
    project = make_project("shop", organization=make_organization("acme"))
    _make(
        project,
        "Cart",
        [make_exception("KeyError", "no sku 12", "load_price")],
        make_frame("render_cart", 3, "x"),
        release="shop@1.9.0",
        environment="production",
        tags={"plan": "pro", "note": "50% *off*"},
        user={"id": "5", "email": "ann@example.com"},
        logger="shop.cart",
    )
    _make(
        project,
        "Mail",
        [make_exception("SMTPError", "Bad gateway 502", "dial")],
        make_frame("deliver", 9, "x") | {"module": "post.office"},
        release="shop@1.10.0",
        environment="staging",
        level="warning",
        user={"username": "bob"},
        platform="javascript",
    )
    _make(
        project,
        "Search",
        [],
        make_frame("tokenise", 1, "x") | {"filename": "search/lexer.py"},
        release="web@2.0",
        tags={"plan": "free"},
        user={"ip_address": "192.0.2.7"},
        transaction="GET /find",
    )
    return project


def _make(
    project: Project,
    name: str,
    causes: list[dict[str, object]],
    frame: dict[str, object],
    **payload: object,
) -> None:
    at = NOW - timedelta(hours=AGES[name])
    raised = make_exception(name, f"{name} went wrong", name)
    raised["stacktrace"]["frames"].append(frame)
    fields = {
        "exception": {"values": [*causes, raised]},
        "timestamp": at.timestamp(),
        **payload,
    }
    store(make_event(project, make_payload(**fields), received_at=at))


def found(project: Project, query: str, member: Membership | None = None) -> set[str]:
    page = list_issues(
        projects=[project],
        filter=parse(query, now=NOW),
        sort=Sort.LAST_SEEN,
        cursor=None,
        limit=25,
        user=member.user if member else None,
        graph=None,
        now=NOW,
    )
    assert page.total == len(page.rows)
    return {row.type for row in page.rows}


ALL = {"Cart", "Mail", "Search"}
TABLE = [
    # Words of the title, of causes and of frames; in quotes side by side.
    ("went", ALL),
    ("!SMTP", {"Cart", "Search"}),
    ('!"bad gateway" wrong', {"Cart", "Search"}),
    ("sku", {"Cart"}),
    ("SMTP", {"Mail"}),
    ("gateway wrong", {"Mail"}),
    ('"bad gateway"', {"Mail"}),
    ('"gateway bad"', set()),
    ("render_cart", {"Cart"}),
    ("lexer", {"Search"}),
    ("stack.function:render*", {"Cart"}),
    ("stack.function:deliver", {"Mail"}),
    ("stack.function:office", set()),
    ("stack.module:post.office", {"Mail"}),
    ("stack.filename:search/lexer.py", {"Search"}),
    ("!stack.function:deliver", {"Cart", "Search"}),
    ("message:sku", set()),
    ("message:wrong !title:mail", {"Cart", "Search"}),
    # Columns of the issue.
    ("error.type:Mail", {"Mail"}),
    ("type:[Cart,Mail]", {"Cart", "Mail"}),
    ("error.value:*wrong", ALL),
    ('culprit:"GET /find"', {"Search"}),
    ("!culprit:*find", {"Cart", "Mail"}),
    ("platform:javascript", {"Mail"}),
    ("issue.category:error", ALL),
    ("issue.category:performance", set()),
    ("issue.priority:medium", {"Mail"}),
    ("!issue.priority:[medium,low]", {"Cart", "Search"}),
    ("level:warning", {"Mail"}),
    ("!level:warning", {"Cart", "Search"}),
    # Tags.
    ("plan:pro", {"Cart"}),
    ("plan:[pro,free]", {"Cart", "Search"}),
    ("!plan:p*", {"Mail", "Search"}),
    ("has:plan", {"Cart", "Search"}),
    ("!has:plan", {"Mail"}),
    ('plan:""', {"Mail"}),
    ('note:"50% \\*off\\*"', {"Cart"}),
    ("tags[plan]:pro", {"Cart"}),
    ("logger:shop.cart", {"Cart"}),
    ("environment:production", {"Cart"}),
    ("!has:environment", {"Search"}),
    ("error.unhandled:true", ALL),
    ("error.handled:yes", set()),
    # Releases.
    ("release:shop@1.9.0", {"Cart"}),
    ("release:shop@*", {"Cart", "Mail"}),
    ("release.version:>1.9.0", {"Mail", "Search"}),
    ("release.version:<=1.10.0", {"Cart", "Mail"}),
    ("release.version:1.10.0", {"Mail"}),
    ("release.package:shop", {"Cart", "Mail"}),
    ("release.version:1.*", {"Cart", "Mail"}),
    ("release.build:7*", set()),
    ("has:release.version", ALL),
    ("firstRelease:web@2.0", {"Search"}),
    ("has:firstRelease", ALL),
    ('firstRelease:""', set()),
    # People.
    ("user.id:5", {"Cart"}),
    ("user:bob", {"Mail"}),
    ("user.ip:192.0.2.*", {"Search"}),
    ("user.username:[bob,eve]", {"Mail"}),
    ("!user.id:5", {"Mail", "Search"}),
    ("has:user", ALL),
    ("has:user.id", {"Cart"}),
    # Times and numbers.
    ("lastSeen:-24h", {"Cart"}),
    ("age:+2d", {"Mail", "Search"}),
    ("!firstSeen:-24h", {"Mail", "Search"}),
    ("timestamp:-3d", {"Cart", "Mail"}),
    ("!timestamp:-3d", {"Search"}),
    ("timesSeen:1 users:>=1", ALL),
    ("timesSeen:>1", set()),
    # States.
    ("is:new", ALL),
    ("!is:new", set()),
    ("is:for_review", ALL),
    ("!is:for_review", set()),
    ("!is:until_escalating", ALL),
    ("is:resolved", set()),
    ("is:unassigned", ALL),
    ("is:assigned", set()),
    ("is:escalating", set()),
    # Ids and projects.
    ("issue:SHOP-1", {"Cart"}),
    ("!issue:SHOP-1", {"Mail", "Search"}),
    ("issue:OTHER-1", set()),
    ("project:shop", ALL),
    ("!project:shop", set()),
    # Together.
    ("plan:* wrong render is:unresolved !level:warning users:1", {"Cart"}),
    ("deliver plan:pro", set()),
]


@pytest.mark.parametrize(("query", "types"), TABLE)
def test_a_search_finds(project: Project, query: str, types: set[str]) -> None:
    assert found(project, query) == types


@pytest.mark.parametrize("few_share", [-1.0, 1.0])
def test_every_way_of_asking_finds_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch, few_share: float
) -> None:
    """Few issues are asked one by one; of many, words go by the index or come last."""
    monkeypatch.setattr(finding, "_FIRST", 1)
    monkeypatch.setattr(finding, "_TOLD_SHARE", 1)
    monkeypatch.setattr(finding, "_FEW_SHARE", few_share)
    for query, types in TABLE:
        assert found(project, query) == types, query
        assert count_issues([project], parse(query, now=NOW), None) == len(types)


def test_of_what_is_common_no_more_are_told_than_there_are(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_FIRST", 1)
    assert count_issues([project], parse("went", now=NOW), None) <= 3


@pytest.mark.parametrize("bound", ["_NAMED", "_PARTS"])
def test_what_is_too_much_for_one_way_is_found_by_another(
    project: Project, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(finding, bound, 0)
    for query, types in TABLE:
        assert found(project, query) == types, query


def test_ids_of_events_and_issues(project: Project) -> None:
    issue = Issue.objects.get(type="Mail")
    event = Event.objects.get(issue=issue)
    assert found(project, f"id:{event.event_id}") == {"Mail"}
    assert found(project, f"!id:{event.event_id.hex}") == {"Cart", "Search"}
    assert found(project, f"issue.id:{issue.pk}") == {"Mail"}


def test_who_an_issue_is_assigned_to(project: Project) -> None:
    ann, bob = make_member(project.organization), make_member(project.organization)
    team = Team.objects.create(
        organization=project.organization, slug="core", name="Core"
    )
    team.members.add(bob)
    for name, to in (("Cart", {"member": ann}), ("Mail", {"team": team})):
        issue = Issue.objects.get(type=name)
        Assignment.objects.create(issue=issue, project=project, assigned_at=NOW, **to)
    assert found(project, "assigned:me", ann) == {"Cart"}
    assert found(project, "assigned:me", bob) == set()
    assert found(project, "assigned:[me,my_teams]", bob) == {"Mail"}
    assert found(project, "assigned:#core") == {"Mail"}
    assert found(project, f"assigned:{ann.user.email.upper()}") == {"Cart"}
    assert found(project, "assigned:none") == {"Search"}
    assert found(project, "!assigned:none") == {"Cart", "Mail"}
    assert found(project, "assigned:[none,#core]") == {"Mail", "Search"}
    assert found(project, "!assigned:#core is:assigned") == {"Cart"}
    assert found(project, "has:assigned") == {"Cart", "Mail"}


def test_whether_the_reader_hears_of_an_issue(project: Project) -> None:
    ann = make_member(project.organization)
    cart, mail = (Issue.objects.get(type=name).pk for name in ("Cart", "Mail"))
    subscriptions.set_subscribed([cart, mail], ann.user, True)
    subscriptions.set_subscribed([mail], ann.user, False)
    assert found(project, "subscribed:me", ann) == {"Cart"}
    assert found(project, "!subscribed:me", ann) == {"Mail", "Search"}
    assert found(project, "subscribed:me") == set()


def test_a_survivor_is_heard_of_with_what_was_merged_into_it(project: Project) -> None:
    ann = make_member(project.organization)
    cart, mail = (Issue.objects.get(type=name).pk for name in ("Cart", "Mail"))
    subscriptions.set_subscribed([mail], ann.user, True)
    merge(project, [cart, mail], user=None, into=cart)
    assert found(project, "subscribed:me", ann) == {"Cart"}
    subscriptions.set_subscribed([cart], ann.user, False)
    assert found(project, "subscribed:me", ann) == set()


def test_the_build_of_a_release(project: Project) -> None:
    _make(project, "Built", [], make_frame("f", 1, "x"), release="shop@3.0+77")
    assert found(project, "release.build:77") == {"Built"}
    assert found(project, "release.build:7*") == {"Built"}


def test_what_is_ignored_for_ever(project: Project) -> None:
    settling.ignore([Issue.objects.get(type="Mail").pk], user=None)
    assert found(project, "is:forever") == {"Mail"}
    assert found(project, "!is:forever") == {"Cart", "Search"}
    assert found(project, "is:until_condition_met") == set()


@pytest.mark.parametrize("first", [1, 500])
def test_a_survivor_is_found_by_the_words_of_what_was_merged_into_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr(finding, "_FIRST", first)
    cart, mail = (Issue.objects.get(type=name).pk for name in ("Cart", "Mail"))
    merge(project, [cart, mail], user=None, into=cart)
    for query in ("gateway", "message:mail", "stack.function:deliver"):
        assert found(project, query) == {"Cart"}
    assert found(project, "!message:mail") == {"Search"}


def test_hidden_issues_are_found_by_nothing(project: Project) -> None:
    hidden = Issue.objects.get(type="Mail").pk
    IssueState.objects.filter(issue=hidden).update(status=4)
    assert found(project, "") == {"Cart", "Search"}
    assert found(project, "!is:resolved") == {"Cart", "Search"}


@pytest.mark.parametrize(
    "query",
    [
        "a " * 2000,
        "x*" * 900,
        f"region:{'*' * 1900}",
        f"user:{'*a' * 900}",
        f"tag:[{','.join('abc' for _ in range(450))}]",
        '"' + "word " * 380 + '"',
        "!a:b " * 49,
        "\u202e\ud7ff\U0001f600'\\%_;--",
        "issue.id:999999999 timesSeen:999999999999b",
    ],
)
def test_hostile_queries_are_bounded(project: Project, query: str) -> None:
    try:
        filter = parse(query[:2000], now=NOW)
    except ValueError:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 2000")
    count_issues([project], filter, None)


def test_priority_puts_first_what_is_bad_new_and_met_by_many(project: Project) -> None:
    IssueState.objects.filter(issue__type="Mail").update(
        event_count=100_000, user_count=5_000
    )
    assert _order(project, Sort.PRIORITY) == ["Mail", "Cart", "Search"]
    IssueState.objects.filter(issue__type="Cart").update(level=50, user_count=1_000_000)
    assert _order(project, Sort.PRIORITY)[0] == "Cart"


def test_trend_puts_first_what_comes_more_often_than_it_did(project: Project) -> None:
    assert _order(project, Sort.TREND) == ["Cart", "Mail", "Search"]
    state = IssueState.objects.get(issue__type="Mail")
    minute = int(NOW.timestamp()) // 60
    IssueState.objects.filter(pk=state.pk).update(
        last_seen=NOW, last_seen_minute=minute
    )
    _count(state, hours_ago=2, count=50)
    assert _order(project, Sort.TREND) == ["Mail", "Cart", "Search"]
    _count(state, hours_ago=30, count=1000)
    assert _order(project, Sort.TREND) == ["Cart", "Mail", "Search"]


def _count(state: IssueState, *, hours_ago: int, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO issues_hourcount "
            "(project_id, issue_id, hour, count, expired_count) "
            "VALUES (%s, %s, %s, %s, 0)",
            [
                state.project_id,
                state.pk,
                int(NOW.timestamp()) // 3600 - hours_ago,
                count,
            ],
        )


def _order(project: Project, sort: Sort) -> list[str]:
    page = list_issues(
        projects=[project],
        filter=parse(""),
        sort=sort,
        cursor=None,
        limit=25,
        user=None,
        graph=None,
        now=NOW,
    )
    return [row.type for row in page.rows]
