"""What a list that is looked at learns of what has happened meanwhile."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.models import Issue, IssueState, Status
from projects.models import Project
from projects.news import read_ticket
from tests import settling
from tests.factories import make_event, make_issue, make_project, store

LIST = "/o/acme/p/shop/"
MAX_QUERIES = 10


def since_of(html: str) -> str:
    (found,) = re.findall(r'data-since="(\w+)"', html)
    return str(found)


def poll(client: Client, since: str, *on: Issue, **asked: str) -> tuple[int, str]:
    """Status and text of what the page is told that shows these issues."""
    ids = ".".join(str(issue.pk) for issue in on)
    answer = client.get(LIST, {"since": since, "on": ids} | asked)
    return answer.status_code, answer.content.decode()


def make_other(project: Project, name: str) -> Issue:
    return make_issue(project, exception=None, message=name)


def test_nothing_is_told_where_nothing_has_changed(
    project: Project, member: Client
) -> None:
    issue = make_issue(project)

    def asked() -> tuple[int, str]:
        return poll(member, since_of(member.get(LIST).content.decode()), issue)

    # Ages change each minute, which may end between two answers.
    assert (204, "") in (asked(), asked())


def test_what_has_changed_comes_as_a_row(project: Project, member: Client) -> None:
    issue = make_issue(project)
    since = since_of(member.get(LIST).content.decode())
    store(make_event(project))
    html = poll(member, since, issue)[1]
    assert f'id="i-{issue.pk}"' in html
    assert '<b title="2">2</b>' in html
    assert 'class="fresh"' not in html
    assert since_of(html) != since


def test_new_issues_wait_to_be_shown(project: Project, member: Client) -> None:
    issue = make_issue(project)
    since = since_of(member.get(LIST).content.decode())
    make_other(project, "another")
    html = poll(member, since, issue, sort="events")[1]
    assert ">1 new or changed issue: show<" in html
    assert f'href="{LIST}?sort=events"' in html
    assert "another" not in html
    make_other(project, "one more")
    assert "2 new or changed issues" in poll(member, since, issue)[1]


def test_what_others_resolved_stays_where_it_is(
    project: Project, member: Client
) -> None:
    issue = make_issue(project)
    settling.resolve([issue.pk], user=None)
    html = poll(member, "", issue)[1]
    assert '<span class="badge b-ok">Resolved</span>' in html


def test_what_others_deleted_is_not_told(project: Project, member: Client) -> None:
    issue = make_issue(project)
    IssueState.objects.update(status=Status.DELETED)
    assert f'id="i-{issue.pk}"' not in poll(member, "", issue)[1]


def test_later_pages_learn_only_of_their_rows(project: Project, member: Client) -> None:
    issue = make_issue(project)
    make_other(project, "another")
    html = poll(member, "", issue, cursor="n.1.1.25")[1]
    assert f'id="i-{issue.pk}"' in html
    assert 'class="fresh"' not in html


@pytest.mark.parametrize("on", ["", "x", "1;2", "9" * 12, "1." * 500])
def test_nonsense_is_no_issue(project: Project, member: Client, on: str) -> None:
    make_issue(project)
    answer = member.get(LIST, {"since": "", "on": on})
    assert answer.status_code == 200
    assert '<li class="row' not in answer.content.decode()


def test_each_answer_brings_a_ticket_for_what_the_reader_sees(
    project: Project, member: Client
) -> None:
    make_project("elsewhere")
    for asked in ({"since": ""}, {"since": "", "q": "is:wrong"}):
        for path in (LIST, "/o/acme/issues/"):
            ticket = read_ticket(member.get(path, asked).headers["Errtrack-Ticket"])
            assert ticket is not None
            assert ticket.project_ids == [project.pk]


def test_a_bad_query_has_no_news(project: Project, member: Client) -> None:
    assert poll(member, "", q="is:wrong")[0] == 204


def test_issues_of_others_are_not_told(
    project: Project, stranger: Client, member: Client
) -> None:
    issue = make_issue(project)
    assert poll(stranger, "", issue)[0] == 404
    answer = stranger.get("/o/other/issues/", {"since": "", "on": str(issue.pk)})
    assert '<li class="row' not in answer.content.decode()


def test_asking_costs_few_queries(project: Project, member: Client) -> None:
    issue = make_issue(project)
    since = since_of(member.get(LIST).content.decode())
    with CaptureQueriesContext(connection) as asked:
        poll(member, since, issue)
    assert len(asked) <= MAX_QUERIES


def test_the_projects_tab_counts_what_is_unresolved_anew(
    project: Project, member: Client
) -> None:
    issue = make_issue(project)
    make_other(project, "another")
    counted = '<span class="count" id="unresolved">2</span>'
    assert counted in poll(member, "", issue, q="level:error")[1]
    assert counted in member.get(LIST, headers={"HX-Request": "true"}).content.decode()
    settling.resolve(Issue.objects.values_list("pk", flat=True), user=None)
    assert 'id="unresolved" hidden>0<' in poll(member, "", issue)[1]
