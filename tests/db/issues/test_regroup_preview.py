"""What rules or a version would make of stored events is told before they are saved."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.models import Regrouping
from issues.regrouping import reading, runs
from issues.regrouping.summary import Summary, summary_of
from projects import rulesets
from projects.models import Project
from projects.rules import GroupingTexts
from tests.factories import make_event, make_payload, make_project, store
from tests.groupings import second_version
from tests.regroups import chosen, finish, previewed

__all__ = ["second_version"]
pytestmark = pytest.mark.django_db


def error(project: Project, kind: str, **fields: object) -> None:
    payload = make_payload(exception=[{"type": kind, "value": "x"}], **fields)
    store(make_event(project, payload))


def preview(project: Project, texts: GroupingTexts | None = None) -> Summary:
    summary = summary_of(previewed(project, texts))
    assert summary is not None
    return summary


@pytest.fixture
def project() -> Project:
    """Three issues; the last has three events of different levels."""
    project = make_project()
    for kind in ("KeyError", "TypeError", "Halt", "Halt"):
        error(project, kind, level="fatal" if kind == "Halt" else "error")
    error(project, "Halt", level="error")
    error(make_project(), "KeyError")
    return project


def test_issues_that_would_be_one_are_told(project: Project) -> None:
    found = preview(project, chosen("type:*Error -> all"))
    assert (found.issues_now, found.issues_then) == (3, 2)
    assert (found.join_count, found.split_count) == (2, 0)
    (join,) = found.joins
    assert {issue.title for issue in join.issues} == {"KeyError: x", "TypeError: x"}


def test_an_issue_that_would_be_several_is_told(project: Project) -> None:
    found = preview(project, chosen("type:Halt -> {{ default }}, {{ level }}"))
    assert (found.issues_now, found.issues_then) == (3, 4)
    (split,) = found.splits
    assert split.issue.title == "Halt: x"
    assert (split.part_count, len(split.events)) == (2, 2)


def test_rules_that_match_nothing_change_nothing(project: Project) -> None:
    found = preview(project, chosen("type:Other -> other"))
    assert (found.issues_now, found.issues_then) == (3, 3)
    assert (found.joins, found.splits, found.is_cut_short) == ([], [], False)
    assert found.events == 5


def test_what_rules_that_hold_would_make_of_older_events_is_told(
    project: Project,
) -> None:
    rulesets.change_grouping(project, chosen("type:*Error -> all"), by=None)
    found = preview(project)
    assert (found.issues_now, found.issues_then) == (3, 2)


def test_a_version_is_previewed_before_an_upgrade(second_version: str) -> None:
    project = make_project(grouping_version="v1")
    for server in ("a", "b"):
        error(project, "KeyError", server_name=server)
    kind, reason = Regrouping.Kind.PREVIEW, Regrouping.Reason.VERSION
    run = runs.start(project, kind, reason, user=None, version=second_version)
    found = summary_of(finish(run))
    assert found is not None
    assert (found.issues_now, found.issues_then) == (1, 2)
    assert project.grouping_version == "v1"


def test_a_preview_says_when_it_has_not_seen_all(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PREVIEW_ISSUES", 2)
    found = preview(project, chosen("type:*Error -> all"))
    assert found.is_cut_short
    assert found.issues_now == 2


def test_a_preview_ends_when_its_time_is_over(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PREVIEW_MAX_MS", -1)
    monkeypatch.setattr(reading, "PREVIEW_ISSUES_AT_ONCE", 1)
    found = preview(project, chosen("type:*Error -> all"))
    assert found.is_cut_short
    assert found.issues_now == 1


def test_only_the_last_previews_are_kept(project: Project) -> None:
    first = previewed(project)
    for _ in range(runs.PREVIEWS_KEPT):
        previewed(project)
    assert not Regrouping.objects.filter(pk=first.pk).exists()
    assert Regrouping.objects.count() == runs.PREVIEWS_KEPT


def test_a_preview_of_any_number_of_issues_takes_few_statements() -> None:
    counts = []
    for issues in (2, 40):
        project = make_project()
        for number in range(issues):
            error(project, f"Error{chr(65 + number % 26)}{chr(65 + number // 26)}")
        with CaptureQueriesContext(connection) as asked:
            found = preview(project, chosen("type:Error* -> one"))
        assert (found.issues_now, found.issues_then) == (issues, 1)
        counts.append(len(asked))
    assert counts[0] == counts[1]
