"""From issue to issue without the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from issues.models import Issue
from projects.models import Project
from tests import settling
from tests.factories import make_event, make_exception, make_payload, store

HOME = "/o/acme/p/shop/"


@pytest.fixture
def issues(project: Project) -> list[Issue]:
    """Four issues, seen an hour apart, the last two in the same minute; newest last."""
    began = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=4)
    for number, hours in enumerate((0, 1, 2, 2)):
        at = began + timedelta(hours=hours)
        exception = {"values": [make_exception(f"Error{number}", "", f"f{number}")]}
        payload = make_payload(exception=exception, timestamp=at.timestamp())
        store(make_event(project, payload, received_at=at))
    return list(Issue.objects.order_by("pk"))


def goes(client: Client, issue: Issue, way: str) -> str:
    answer = client.get(f"{HOME}issues/{issue.number}/{way}/")
    assert answer.status_code == 302
    return str(answer["Location"])


def test_down_the_list_and_up_again(issues: list[Issue], member: Client) -> None:
    paths = [f"{HOME}issues/{issue.number}/" for issue in issues]
    down = [goes(member, issue, "next") for issue in reversed(issues)]
    assert down == [*reversed(paths[:-1]), HOME]
    up = [goes(member, issue, "previous") for issue in issues]
    assert up == [*paths[1:], HOME]


def test_issues_of_another_status_or_project_are_passed_over(
    issues: list[Issue], project: Project, member: Client
) -> None:
    settling.resolve([issues[1].pk], user=None)
    assert goes(member, issues[2], "next").endswith(f"issues/{issues[0].number}/")
    assert goes(member, issues[1], "next") == HOME


def test_the_page_leads_to_both(issues: list[Issue], member: Client) -> None:
    html = member.get(f"{HOME}issues/{issues[1].number}/").content.decode()
    for way in ("next", "previous"):
        assert f'href="{HOME}issues/{issues[1].number}/{way}/"' in html


def test_strangers_are_led_nowhere(issues: list[Issue], stranger: Client) -> None:
    for way in ("next", "previous"):
        at = f"{HOME}issues/{issues[1].number}/{way}/"
        assert stranger.get(at).status_code == 404
