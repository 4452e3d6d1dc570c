"""A project's rules for grouping are kept with all that held before."""

from __future__ import annotations

import pytest

from projects import rulesets
from projects.policies import load_rules
from projects.rules import GroupingTexts
from tests.factories import make_project
from tests.people import make_user

pytestmark = pytest.mark.django_db

ONE = GroupingTexts(fingerprinting="type:A -> a")
OTHER = GroupingTexts(fingerprinting="type:B -> b", enhancements="app:no +app")


def test_the_last_change_holds() -> None:
    project = make_project()
    assert rulesets.grouping_of(project) == GroupingTexts()
    for texts in (ONE, OTHER):
        assert rulesets.change_grouping(project, texts, by=None)
        assert rulesets.grouping_of(project) == texts
        assert load_rules([project.pk])[project.pk].grouping == texts


def test_every_change_is_kept_with_who_made_it() -> None:
    project, user = make_project(), make_user()
    rulesets.change_grouping(project, ONE, by=None)
    rulesets.change_grouping(project, OTHER, by=user)
    found = rulesets.changes_of(project)
    assert [(one.version, one.changed_by) for one in found] == [(2, user), (1, None)]


def test_saving_what_holds_changes_nothing() -> None:
    project = make_project()
    rulesets.change_grouping(project, ONE, by=None)
    assert not rulesets.change_grouping(project, ONE, by=None)
    assert rulesets.changes_of(project).count() == 1


def test_rules_are_of_one_project() -> None:
    project, neighbour = make_project(), make_project()
    rulesets.change_grouping(project, ONE, by=None)
    assert rulesets.grouping_of(neighbour) == GroupingTexts()
