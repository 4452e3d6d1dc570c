"""What rules would make of stored events is told before they are saved."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from issues.rulepreview import preview
from projects import rulesets
from projects.models import Project
from projects.rules import GroupingTexts
from tests.factories import make_event, make_payload, make_project, store

pytestmark = pytest.mark.django_db


def error(project: Project, kind: str, **fields: object) -> None:
    payload = make_payload(exception=[{"type": kind, "value": "x"}], **fields)
    store(make_event(project, payload))


def chosen(text: str) -> GroupingTexts:
    return GroupingTexts(fingerprinting=text)


@pytest.fixture
def project() -> Project:
    """Three issues; the last has two events of different levels."""
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
    assert len(split.events) == 2


def test_rules_that_match_nothing_change_nothing(project: Project) -> None:
    found = preview(project, chosen("type:Other -> other"))
    assert (found.issues_now, found.issues_then) == (3, 3)
    assert (found.joins, found.splits, found.is_cut_short) == ([], [], False)
    assert found.events == 5


def test_rules_that_hold_already_change_nothing(project: Project) -> None:
    texts = chosen("type:*Error -> all")
    rulesets.change_grouping(project, texts, by=None)
    found = preview(project, texts)
    assert (found.issues_now, found.issues_then) == (3, 3)


def test_a_preview_of_any_number_of_issues_takes_few_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    project = make_project()
    for number in range(20):
        error(project, f"Error{chr(65 + number)}")
    with django_assert_num_queries(5):
        found = preview(project, chosen("type:Error* -> one"))
    assert (found.issues_now, found.issues_then) == (20, 1)
    assert found.joins[0].issue_count == 20
