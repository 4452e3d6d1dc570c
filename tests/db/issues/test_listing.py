"""Pages of issues: what matches, in which order, and the way from page to page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues import triage
from issues.cursors import CursorError, Sort
from issues.listing import IssueRow, Page, list_issues, matching_ids
from issues.models import Issue, IssueState
from issues.search import parse
from projects.models import Project, User
from projects.windows import Graph
from tests import settling
from tests.factories import (
    make_event,
    make_exception,
    make_payload,
    make_project,
    store,
)
from tests.people import make_user

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def project() -> Project:
    return make_project("shop")


def make_named(
    project: Project, name: str, *, ago: timedelta = timedelta(), **payload: Any
) -> Issue:
    """An issue of one event, told from others by its exception's type."""
    at = NOW - ago
    exception = {"values": [make_exception(name, f"{name} went wrong", name)]}
    fields = {"exception": exception, "timestamp": at.timestamp()} | payload
    stored = store(make_event(project, make_payload(**fields), received_at=at))
    return Issue.objects.get(pk=stored.new_issues[0])


def page_of(
    project: Project | list[Project],
    query: str = "",
    *,
    sort: Sort = Sort.LAST_SEEN,
    cursor: str | None = None,
    limit: int = 25,
    user: User | None = None,
    graph: Graph | None = None,
) -> Page:
    return list_issues(
        projects=project if isinstance(project, list) else [project],
        filter=parse(query, now=NOW),
        sort=sort,
        cursor=cursor,
        limit=limit,
        user=user,
        graph=graph,
        now=NOW,
    )


def types(page: Page) -> list[str]:
    return [row.type for row in page.rows]


def found(project: Project, query: str, user: User | None = None) -> set[str]:
    return set(types(page_of(project, query, user=user)))


def one_row(project: Project, graph: Graph | None = None) -> IssueRow:
    (row,) = page_of(project, graph=graph).rows
    return row


def test_a_row_tells_what_the_list_shows(project: Project) -> None:
    issue = make_named(project, "KeyError", ago=timedelta(hours=2))
    row = one_row(project)
    assert (row.issue_id, row.short_id, row.project) == (issue.pk, "SHOP-1", project)
    assert (row.type, row.value) == ("KeyError", "KeyError went wrong")
    assert (row.event_count, row.user_count) == (1, 1)
    assert row.last_seen == NOW - timedelta(hours=2)


def test_the_newest_stands_first(project: Project) -> None:
    for hours, name in ((3, "C"), (1, "A"), (2, "B")):
        make_named(project, name, ago=timedelta(hours=hours))
    assert types(page_of(project)) == ["A", "B", "C"]


def test_every_order(project: Project) -> None:
    for i, name in enumerate("ABC"):
        issue = make_named(project, name, ago=timedelta(hours=i))
        IssueState.objects.filter(issue=issue).update(
            event_count=i * 10, user_count=(i * 7) % 3
        )
    assert types(page_of(project, sort=Sort.FIRST_SEEN)) == ["A", "B", "C"]
    assert types(page_of(project, sort=Sort.EVENTS)) == ["C", "B", "A"]
    assert types(page_of(project, sort=Sort.USERS)) == ["C", "B", "A"]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_forth_and_back_meet_every_issue_once(
    project: Project, sort: Sort
) -> None:
    for i in range(7):
        make_named(project, f"E{i}", ago=timedelta(minutes=i // 2))
    forth = [page_of(project, sort=sort, limit=3)]
    while forth[-1].next_cursor:
        forth.append(page_of(project, sort=sort, limit=3, cursor=forth[-1].next_cursor))
    assert [len(page.rows) for page in forth] == [3, 3, 1]
    assert [page.offset for page in forth] == [0, 3, 6]
    assert len({name for page in forth for name in types(page)}) == 7
    back = [forth[-1]]
    while back[-1].previous_cursor:
        back.append(
            page_of(project, sort=sort, limit=3, cursor=back[-1].previous_cursor)
        )
    assert [types(page) for page in back] == [types(page) for page in forth[::-1]]
    assert [page.offset for page in back] == [6, 3, 0]


@pytest.mark.parametrize("cursor", ["x", "n.1.2", "n.a.1.0", "n.1.99999999999.0"])
def test_a_cursor_of_nobodys_is_refused(project: Project, cursor: str) -> None:
    with pytest.raises(CursorError):
        page_of(project, cursor=cursor)


def test_the_total_counts_all_pages(project: Project) -> None:
    for i in range(4):
        make_named(project, f"E{i}")
    page = page_of(project, limit=2)
    assert (page.total, page.total_is_capped) == (4, False)


def test_status_and_level(project: Project) -> None:
    make_named(project, "A")
    make_named(project, "B", level="warning")
    settling.resolve([make_named(project, "C").pk], user=None)
    settling.ignore([make_named(project, "D").pk], user=None)
    assert found(project, "is:unresolved") == {"A", "B"}
    assert found(project, "is:resolved") == {"C"}
    assert found(project, "!is:ignored") == {"A", "B", "C"}
    assert found(project, "level:warning") == {"B"}
    assert found(project, "is:unresolved is:resolved") == set()


def test_words_begin_words_of_the_issue(project: Project) -> None:
    make_named(project, "ConnectionError", transaction="shop.checkoutPage")
    make_named(project, "KeyError")
    assert found(project, "conn") == {"ConnectionError"}
    assert found(project, "connection WENT") == {"ConnectionError"}
    assert found(project, "page") == {"ConnectionError"}
    assert found(project, "error wrong") == {"ConnectionError", "KeyError"}
    assert found(project, "nnection") == set()


@pytest.mark.parametrize("word", ["it's", "a & b", "x:* | y", "'", "\\", "%", "!(a)"])
def test_no_word_breaks_the_search(project: Project, word: str) -> None:
    make_named(project, "KeyError")
    page_of(project, word)


def test_tags(project: Project) -> None:
    make_named(project, "A", tags={"region": "eu", "plan": "pro"})
    make_named(project, "B", tags={"region": "us", "note": "50% *off*"})
    make_named(project, "C", tags={"other": "x"})
    assert found(project, "region:eu") == {"A"}
    assert found(project, "!region:eu") == {"B", "C"}
    assert found(project, "region:[eu,us]") == {"A", "B"}
    assert found(project, "has:region") == {"A", "B"}
    assert found(project, "!has:region") == {"C"}
    assert found(project, "region:*u plan:p*") == {"A"}
    assert found(project, 'note:"50% \\*off\\*"') == {"B"}
    assert found(project, "note:50_*") == set()
    assert found(project, "region:nowhere") == set()


def test_many_values_of_a_tag(project: Project) -> None:
    for i in range(12):
        make_named(project, f"E{i}", tags={"region": f"r{i}"})
    make_named(project, "None", tags={"plan": "pro"})
    assert len(found(project, "region:r*")) == 12
    assert found(project, "!region:r*") == {"None"}


def test_users(project: Project) -> None:
    make_named(project, "A", user={"id": "5"})
    make_named(project, "B", user={"email": "b@example.com"})
    assert found(project, "user.id:5") == {"A"}
    assert found(project, "user:id:5") == {"A"}
    assert found(project, "user.email:b@example.com") == {"B"}
    assert found(project, "!user.id:5") == {"B"}


def test_times_and_counts(project: Project) -> None:
    make_named(project, "New", ago=timedelta(hours=1))
    old = make_named(project, "Old", ago=timedelta(days=3))
    IssueState.objects.filter(issue=old).update(event_count=500)
    assert found(project, "firstSeen:-24h") == {"New"}
    assert found(project, "lastSeen:+2d") == {"Old"}
    assert found(project, "timesSeen:>100") == {"Old"}
    assert found(project, "times_seen:1") == {"New"}


def test_columns(project: Project) -> None:
    make_named(project, "KeyError")
    make_named(project, "ValueError")
    assert found(project, "error.type:KeyError") == {"KeyError"}
    assert found(project, "error.type:*Error !error.type:Key*") == {"ValueError"}


def test_bookmarks_and_news_are_the_readers_own(project: Project) -> None:
    issue = make_named(project, "A", ago=timedelta(minutes=5))
    reader, other = make_user(), make_user()
    triage.set_bookmark([issue.pk], reader, True)
    triage.mark_seen(issue.pk, reader)
    assert found(project, "bookmarks:me", reader) == {"A"}
    assert found(project, "bookmarks:me", other) == set()
    (mine,) = page_of(project, user=reader).rows
    (theirs,) = page_of(project, user=other).rows
    assert (mine.is_bookmarked, mine.is_unseen) == (True, False)
    assert (theirs.is_bookmarked, theirs.is_unseen) == (False, True)


def test_a_new_event_makes_a_seen_issue_news_again(project: Project) -> None:
    reader = make_user()
    issue = make_named(project, "A", ago=timedelta(minutes=5))
    triage.mark_seen(issue.pk, reader)
    later = datetime.now(UTC) + timedelta(minutes=1)
    exception = {"values": [make_exception("A", "A went wrong", "A")]}
    payload = make_payload(exception=exception, timestamp=later.timestamp())
    store(make_event(project, payload, received_at=later))
    (row,) = page_of(project, user=reader).rows
    assert row.is_unseen


def test_sparklines_count_hours_and_days(project: Project) -> None:
    at = NOW - timedelta(hours=3)
    make_named(project, "A", ago=timedelta(hours=3))
    hours = one_row(project, Graph.DAY).counts_24h
    assert (len(hours), hours[-4], sum(hours)) == (24, 1, 1)
    days = one_row(project, Graph.FORTNIGHT).counts_14d
    place = -1 - (NOW.date() - at.date()).days
    assert (len(days), days[place], sum(days)) == (14, 1, 1)
    assert one_row(project).counts == []


def test_a_list_holds_its_own_projects_only(project: Project) -> None:
    other = make_project("other")
    make_named(project, "Mine")
    make_named(other, "Theirs", tags={"plan": "pro"})
    assert types(page_of(project)) == ["Mine"]
    assert found(project, "plan:pro") == set()
    assert set(types(page_of([project, other]))) == {"Mine", "Theirs"}
    assert page_of([]).rows == []


def test_rows_cost_the_same_few_statements_however_many(project: Project) -> None:
    for i in range(6):
        make_named(project, f"E{i}", tags={"region": "eu"})
    with CaptureQueriesContext(connection) as few:
        page_of(project, "is:unresolved wrong region:eu", limit=2, graph=Graph.DAY)
    with CaptureQueriesContext(connection) as many:
        page_of(project, "is:unresolved wrong region:eu", limit=5, graph=Graph.DAY)
    assert (len(few), len(many)) == (3, 3)


def test_all_that_match_are_counted_and_named(project: Project) -> None:
    newest = make_named(project, "A", ago=timedelta(minutes=1))
    oldest = make_named(project, "B", ago=timedelta(hours=1))
    settling.resolve([make_named(project, "C").pk], user=None)
    asked = parse("is:unresolved", now=NOW)
    assert len(matching_ids([project], asked, None, limit=9)) == 2
    assert matching_ids([project], asked, None, limit=9) == [newest.pk, oldest.pk]
    assert matching_ids([project], asked, None, limit=1) == [newest.pk]
    assert matching_ids([], asked, None, limit=9) == []
