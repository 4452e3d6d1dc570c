"""Removes what is stored of deleted projects, a piece at a time.

The project's emptied row stays: events that were under way when the project was
deleted still find it, and the next run removes what they left.
"""

from __future__ import annotations

import time

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.reverse_related import ManyToOneRel

from issues import attachments
from issues.locks import hold_days, hold_shards, lock_states
from issues.merging.families import with_families
from issues.models import Issue, IssueState, Operation, Regrouping
from projects.models import Project
from releases.retention import forget_project

# A run ends after this long, so that the worker's digests get their turn.
RUN_MAX_S = 2.0

# Of one transaction. An issue with more events than that goes alone.
_EVENTS_AT_ONCE = 20_000
_ISSUES_AT_ONCE = 200


def remove_deleted() -> bool:
    """Removes for a while; gives whether all that was to be removed is gone."""
    ends_at = time.monotonic() + RUN_MAX_S
    for project in _unfinished():
        while _remove_some_issues(project) or attachments.delete_some(project.pk):
            if time.monotonic() > ends_at:
                return False
        _remove_the_rest(project)
    return True


def _unfinished() -> QuerySet[Project]:
    """Deleted projects that have a name yet, or were sent events since."""
    issues = Issue.objects.filter(project=OuterRef("pk"))
    return Project.objects.filter(
        ~Q(name="") | Exists(issues), deleted_at__isnull=False
    ).order_by("pk")


def _remove_some_issues(project: Project) -> bool:
    """Removes some issues with all that hangs on them; gives whether there were any.

    Events and counts go in one transaction, so that repair never sees one without
    the other, and under the shard's lock, so that no digest adds to them. What is
    merged goes together: what the rest counts would be wrong else.
    """
    with transaction.atomic():
        hold_days()
        hold_shards([project.pk])
        ids = with_families(_next_issues(project))
        if not ids:
            return False
        lock_states(ids)
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM issues_event WHERE issue_id = ANY(%s::int4[])", [ids]
            )
        Issue.objects.filter(pk__in=ids).delete()
    return True


def _next_issues(project: Project) -> list[int]:
    """The ids of the issues to remove next, the smallest first."""
    stored = F("event_count") - F("expired_count")
    rows = (
        IssueState.objects.filter(project=project)
        .annotate(stored=stored)
        .order_by("stored", "pk")
        .values_list("pk", "stored")[:_ISSUES_AT_ONCE]
    )
    ids: list[int] = []
    total = 0
    for issue_id, count in rows:
        total += count
        if ids and total > _EVENTS_AT_ONCE:
            break
        ids.append(issue_id)
    return ids


def _remove_the_rest(project: Project) -> None:
    """Removes what every room keeps of the project, and its name at last."""
    with transaction.atomic():
        _lock(Operation.objects.filter(project=project))
        hold_days()
        _lock(Regrouping.objects.filter(project=project))
        hold_shards([project.pk])
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM issues_eventpart WHERE project_id = %s", [project.pk]
            )
        forget_project(project.pk)
        for relation in Project._meta.get_fields(include_hidden=True):
            if isinstance(relation, ManyToOneRel) and _outlives_issues(relation):
                rows = relation.related_model._base_manager
                rows.filter(**{relation.field.name: project}).delete()
        project.name = ""
        project.save(update_fields=["name"])


def _lock(rows: QuerySet[Operation] | QuerySet[Regrouping]) -> None:
    list(rows.order_by("pk").select_for_update().values_list("pk"))


def _outlives_issues(relation: ManyToOneRel) -> bool:
    """Whether rows of this kind may be left once the project's issues are gone."""
    model = relation.related_model
    of_issues = any(
        field.related_model is Issue and not field.null for field in model._meta.fields
    )
    return model._meta.managed and not of_issues
