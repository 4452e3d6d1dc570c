"""The rules for grouping of a project: which hold, and which held before."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from projects.models import GroupingRuleset, Project, User
from projects.rules import GroupingTexts

CHANGES_SHOWN = 20


def grouping_of(project: Project) -> GroupingTexts:
    found = project.grouping_rulesets.filter(is_current=True).first()
    return texts_of(found) if found else GroupingTexts()


def texts_of(ruleset: GroupingRuleset) -> GroupingTexts:
    return GroupingTexts(
        fingerprinting=ruleset.fingerprinting, enhancements=ruleset.enhancements
    )


def change_grouping(project: Project, texts: GroupingTexts, *, by: User | None) -> bool:
    """Has the digest group new events so, within seconds; False: it does already.

    The texts must have been checked. What held before stays as it was.
    """
    with transaction.atomic():
        # Two who save at once take turns.
        Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
        if texts == grouping_of(project):
            return False
        newest = project.grouping_rulesets.order_by("-version").first()
        project.grouping_rulesets.filter(is_current=True).update(is_current=False)
        GroupingRuleset.objects.create(
            project=project,
            version=newest.version + 1 if newest else 1,
            fingerprinting=texts.fingerprinting,
            enhancements=texts.enhancements,
            changed_by=by,
        )
    return True


def changes_of(project: Project) -> QuerySet[GroupingRuleset]:
    """The last changes of the rules, newest first."""
    changes = project.grouping_rulesets.select_related("changed_by")
    return changes.order_by("-version")[:CHANGES_SHOWN]
