"""A project's rules for grouping through the API."""

from __future__ import annotations

import time

import pytest

from projects import rulesets
from projects.models import Organization, Project, Role
from projects.rules import GroupingTexts
from tests.groupings import second_version
from tests.web.api.client import API, api_of

__all__ = ["second_version"]
pytestmark = pytest.mark.django_db

PROJECT = "/projects/acme/shop/"
CHOSEN = "# ours\ntype:A -> a"
STACK = "app:no +app"


def test_a_project_without_rules_says_so(api: API, project: Project) -> None:
    told = api.get(PROJECT).body
    assert (told["fingerprintingRules"], told["groupingEnhancements"]) == ("", "")


def test_rules_are_changed_and_told(api: API, project: Project) -> None:
    change = {"fingerprintingRules": f"{CHOSEN}\r\n", "groupingEnhancements": STACK}
    told = api.put(PROJECT, change).body
    assert told["fingerprintingRules"] == CHOSEN
    assert told["groupingEnhancements"] == STACK
    expected = GroupingTexts(fingerprinting=CHOSEN, enhancements=STACK)
    assert rulesets.grouping_of(project) == expected


def test_what_is_left_out_stays(api: API, project: Project) -> None:
    api.put(PROJECT, {"fingerprintingRules": CHOSEN})
    api.put(PROJECT, {"groupingEnhancements": STACK})
    api.put(PROJECT, {"name": "Shop"})
    assert api.get(PROJECT).body["fingerprintingRules"] == CHOSEN
    assert rulesets.changes_of(project).count() == 2


def test_mistakes_are_told_by_line_and_column(api: API, project: Project) -> None:
    change = {"fingerprintingRules": "type:A -> a\n\ntype:B b:c -> d", "name": "Other"}
    answer = api.put(PROJECT, change)
    assert answer.status == 400
    said = "line 3, column 8: there is no matcher called b"
    assert answer.body == {
        "detail": f"fingerprintingRules: {said}",
        "fingerprintingRules": [said],
    }
    assert api.get(PROJECT).body["name"] != "Other"


def test_mistakes_of_stack_rules_are_told(api: API, project: Project) -> None:
    answer = api.put(PROJECT, {"groupingEnhancements": "function:a"})
    assert answer.status == 400
    (said,) = answer.body["groupingEnhancements"]
    assert said.startswith("line 1, column 11: expected an action")


def test_the_version_is_told_and_upgraded(
    api: API, project: Project, second_version: str
) -> None:
    told = api.get(PROJECT).body
    assert (told["groupingConfig"], told["secondaryGroupingConfig"]) == ("v1", None)
    told = api.put(PROJECT, {"groupingConfig": second_version}).body
    assert (told["groupingConfig"], told["secondaryGroupingConfig"]) == ("v2", "v1")
    assert told["secondaryGroupingExpiry"] > time.time()
    assert project.grouping_upgrades.count() == 1


def test_only_newer_versions_can_be_chosen(api: API, project: Project) -> None:
    assert api.put(PROJECT, {"groupingConfig": "v1"}).status == 200
    answer = api.put(PROJECT, {"groupingConfig": "v9"})
    assert answer.status == 400
    assert "v9 is no newer version." in answer.body["detail"]


def test_who_manages_nothing_changes_no_rules(
    organization: Organization, project: Project
) -> None:
    member = api_of(organization, role=Role.MEMBER)
    answer = member.put(PROJECT, {"fingerprintingRules": CHOSEN})
    assert answer.status == 403
    assert rulesets.grouping_of(project) == GroupingTexts()
