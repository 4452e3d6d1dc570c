"""The rules of projects: kept for their settings, read for the digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone

from projects import arrays
from projects.models import (
    InboundFilters,
    Organization,
    OrganizationScrubbing,
    Project,
    ProjectScrubbing,
)
from projects.postgres import run_planned
from projects.rules import (
    NO_RULES,
    FilterRules,
    GroupingTexts,
    GroupingVersions,
    Rules,
    ScrubbingRules,
)

_FILTERS = {each.name: f"inbound_filters__{each.name}" for each in fields(FilterRules)}
_OWN = {each.name: f"scrubbing__{each.name}" for each in fields(ScrubbingRules)}
_OF_ALL = {
    each.name: f"organization__scrubbing__{each.name}"
    for each in fields(ScrubbingRules)
}
_GROUPING = {each.name: f"ruleset__{each.name}" for each in fields(GroupingTexts)}
_COLUMNS = (
    "pk",
    "inbound_filters__project_id",
    "scrubbing__project_id",
    "organization__scrubbing__organization_id",
    "ruleset__project_id",
    "grouping_version",
    "former_grouping_version",
    "former_grouping_until",
    *_FILTERS.values(),
    *_OWN.values(),
    *_OF_ALL.values(),
    *_GROUPING.values(),
)


# Parameter: project ids.
_DISCARDED = """
SELECT d.project_id, uuid_send(h.hash)
FROM projects_discardedissue d, unnest(d.hashes) AS h(hash)
WHERE d.project_id = ANY(%s::int4[])
"""


def load_rules(project_ids: Iterable[int]) -> dict[int, Rules]:
    """The rules of these projects, by one statement; also of projects that are gone.

    Without what they have discarded: see `discarded_of`.
    """
    ruleset = FilteredRelation(
        "grouping_rulesets", condition=Q(grouping_rulesets__is_current=True)
    )
    projects = Project.objects.annotate(ruleset=ruleset).filter(pk__in=project_ids)
    found = {row["pk"]: _rules(row) for row in projects.values(*_COLUMNS)}
    return {pk: found.get(pk, NO_RULES) for pk in project_ids}


def discarded_of(project_ids: Iterable[int]) -> dict[int, frozenset[bytes]]:
    """The grouping hashes of which these projects want no more, where there are any."""
    hashes: defaultdict[int, set[bytes]] = defaultdict(set)
    for project_id, one in run_planned(_DISCARDED, (arrays.of_numbers(project_ids),)):
        hashes[project_id].add(one)
    return {project_id: frozenset(found) for project_id, found in hashes.items()}


def filters_of(project: Project) -> FilterRules:
    return load_rules([project.pk])[project.pk].filters


def scrubbing_of(project: Project) -> ScrubbingRules:
    """The project's own rules, without what its organization demands."""
    return _kept(ProjectScrubbing.objects.filter(project=project), ScrubbingRules())


def scrubbing_of_all(organization: Organization) -> ScrubbingRules:
    """What the organization demands of all its projects."""
    kept = OrganizationScrubbing.objects.filter(organization=organization)
    return _kept(kept, ScrubbingRules(is_on=False, uses_defaults=False))


def change_filters(project: Project, rules: FilterRules) -> None:
    """Has the digest drop these events, within seconds."""
    InboundFilters.objects.update_or_create(project=project, defaults=_lists(rules))


def change_scrubbing(project: Project, rules: ScrubbingRules) -> None:
    """Has the digest take this out of the project's events, within seconds."""
    ProjectScrubbing.objects.update_or_create(project=project, defaults=_lists(rules))


def change_scrubbing_of_all(organization: Organization, rules: ScrubbingRules) -> None:
    """The same for all projects of the organization, above what they say."""
    OrganizationScrubbing.objects.update_or_create(
        organization=organization, defaults=_lists(rules)
    )


def _kept(rows: QuerySet[Any], otherwise: ScrubbingRules) -> ScrubbingRules:
    names = [each.name for each in fields(ScrubbingRules)]
    row = rows.values(*names).first()
    columns = {name: name for name in names}
    return ScrubbingRules(**_read(row, columns)) if row else otherwise


def _lists(rules: FilterRules | ScrubbingRules) -> dict[str, Any]:
    values = asdict(rules).items()
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values
    }


def _rules(row: Mapping[str, Any]) -> Rules:
    has_filters = row["inbound_filters__project_id"] is not None
    has_ruleset = row["ruleset__project_id"] is not None
    return Rules(
        filters=FilterRules(**_read(row, _FILTERS)) if has_filters else FilterRules(),
        scrubbing=_scrubbing(row),
        grouping=GroupingTexts(**_read(row, _GROUPING))
        if has_ruleset
        else GroupingTexts(),
        versions=_versions(row),
    )


def _versions(row: Mapping[str, Any]) -> GroupingVersions:
    until = row["former_grouping_until"]
    is_over = until is None or until < timezone.now()
    return GroupingVersions(
        current=row["grouping_version"],
        former="" if is_over else row["former_grouping_version"],
    )


def _scrubbing(row: Mapping[str, Any]) -> ScrubbingRules:
    """The project's rules, and above them what its organization demands."""
    has_own = row["scrubbing__project_id"] is not None
    own = ScrubbingRules(**_read(row, _OWN)) if has_own else ScrubbingRules()
    if row["organization__scrubbing__organization_id"] is None:
        return own
    of_all = ScrubbingRules(**_read(row, _OF_ALL))
    return ScrubbingRules(
        is_on=own.is_on or of_all.is_on,
        uses_defaults=own.uses_defaults or of_all.uses_defaults,
        drops_addresses=own.drops_addresses or of_all.drops_addresses,
        sensitive_fields=own.sensitive_fields + of_all.sensitive_fields,
        safe_fields=own.safe_fields + of_all.safe_fields,
    )


def _read(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    values = {name: row[column] for name, column in columns.items()}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
    }
