"""The digest follows the rules of each project: filters, scrubbing and grouping."""

from __future__ import annotations

import uuid

import pytest
from pytest_django import DjangoAssertNumQueries

from ingest import digest, fates, rulebook
from ingest.models import OutcomeCount
from issues import operations
from issues.events import load_event
from issues.models import Event, EventUser, Issue, Tag
from issues.operations import Selection, deleting
from projects import rulesets
from projects.models import InboundFilters, OrganizationScrubbing, ProjectScrubbing
from projects.policies import load_rules
from projects.rules import NO_RULES, FilterRules, GroupingTexts, ScrubbingRules
from tests.appending import append
from tests.db.ingest.test_digest import SHARD
from tests.factories import make_entry, make_payload, make_project
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _anew() -> None:
    rulebook.forget()


def outcomes() -> list[tuple[str, str, str, int]]:
    counts = OutcomeCount.objects.order_by("outcome", "category")
    return list(counts.values_list("category", "outcome", "reason", "count"))


def test_what_a_project_filters_is_dropped_counted_and_remembered() -> None:
    project, neighbour = make_project(), make_project()
    InboundFilters.objects.create(project=project, environments=["dev"])
    unwanted = make_payload(environment="dev")
    append(
        make_entry(project, unwanted),
        make_entry(project),
        make_entry(neighbour, make_payload(environment="dev")),
    )
    digest.drain(SHARD)
    assert Event.objects.count() == 2
    found = OutcomeCount.objects.values_list("outcome", "reason", "count")
    assert sorted(found) == [
        ("accepted", "", 1),
        ("accepted", "", 1),
        ("filtered", "environment", 1),
    ]
    (fate,) = fates.find(project.pk, unwanted["event_id"])
    assert (fate.outcome, fate.reason) == ("filtered", "environment")


def test_files_of_a_filtered_event_go_with_it() -> None:
    project = make_project()
    InboundFilters.objects.create(project=project, environments=["dev"])
    payload = make_payload(environment="dev")
    event = make_entry(project, payload).body
    body = b"\n".join(
        [
            b'{"event_id":"%s"}' % payload["event_id"].encode(),
            b'{"type":"attachment","length":5,"filename":"a.txt"}',
            b"hello",
            b'{"type":"event"}',
            event,
            b'{"type":"riddle"}',
            b"{}",
        ]
    )
    append(make_entry(project, payload, kind="envelope", body=body))
    digest.drain(SHARD)
    assert outcomes() == [
        ("attachment", "filtered", "environment", 1),
        ("error", "filtered", "environment", 1),
        ("unknown", "unsupported", "item_type", 1),
    ]


def test_an_event_that_no_limit_could_be_asked_about_says_so() -> None:
    project = make_project()
    append(make_entry(project, limits_open=True))
    digest.drain(SHARD)
    assert outcomes() == [("error", "accepted", "limits_open", 1)]


def test_rules_of_any_number_of_projects_take_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    projects = [make_project().pk for _ in range(5)]
    InboundFilters.objects.create(project_id=projects[0], releases=["1.*"])
    with django_assert_num_queries(1):
        rules = rulebook.rules_of(projects)
    assert rules[projects[0]].filters == FilterRules(releases=("1.*",))
    assert rules[projects[1]] == NO_RULES
    with django_assert_num_queries(0):
        rulebook.rules_of(projects)


def test_no_event_comes_after_its_issue_was_discarded_nor_stays_away_after_undo() -> (
    None
):
    project = make_project()
    append(make_entry(project))
    digest.drain(SHARD)
    issue = Issue.objects.get()
    selection = Selection.of(project.organization, [project], [issue.pk])
    done = operations.apply(selection, deleting.discard(), user=make_user())
    append(make_entry(project))
    digest.drain(SHARD)
    assert (Event.objects.count(), Issue.objects.count()) == (1, 1)
    assert ("error", "filtered", "discarded", 1) in outcomes()
    operations.undo(done, None)
    append(make_entry(project))
    digest.drain(SHARD)
    assert Event.objects.filter(issue=issue).count() == 2
    assert Issue.objects.count() == 1


def test_what_an_organization_demands_holds_for_its_projects() -> None:
    project = make_project()
    ProjectScrubbing.objects.create(
        project=project, is_on=False, uses_defaults=False, sensitive_fields=["own"]
    )
    OrganizationScrubbing.objects.create(
        organization=project.organization,
        is_on=True,
        drops_addresses=True,
        sensitive_fields=["all"],
    )
    assert load_rules([project.pk])[project.pk].scrubbing == ScrubbingRules(
        is_on=True,
        uses_defaults=False,
        drops_addresses=True,
        sensitive_fields=("own", "all"),
    )


def test_addresses_are_stored_nowhere_where_a_project_drops_them() -> None:
    project = make_project()
    ProjectScrubbing.objects.create(project=project, drops_addresses=True)
    payload = make_payload(user={"ip_address": "198.51.100.7"})
    append(
        make_entry(project, payload, remote_ip="198.51.100.7"),
        make_entry(project, make_payload(user=None), remote_ip="198.51.100.7"),
    )
    digest.drain(SHARD)
    assert Event.objects.count() == 2
    assert not EventUser.objects.exists()


def test_further_secret_fields_are_taken_out_of_what_is_stored() -> None:
    project = make_project()
    ProjectScrubbing.objects.create(project=project, sensitive_fields=["birthday"])
    payload = make_payload(
        tags={"birthday": "1990-01-01"}, extra={"user": {"birthday": "1990-01-01"}}
    )
    append(make_entry(project, payload))
    digest.drain(SHARD)
    assert Tag.objects.get(key="birthday").value == "[Filtered]"
    stored = load_event(project.pk, uuid.UUID(payload["event_id"]))
    assert stored is not None
    assert stored.payload is not None
    assert stored.payload["extra"] == {"user": {"birthday": "[Filtered]"}}


def test_new_events_are_grouped_and_called_by_the_rules_of_their_project() -> None:
    project, neighbour = make_project(), make_project()
    texts = GroupingTexts(
        fingerprinting='type:*Error -> all, {{ level }} title="Any {{ level }}"'
    )
    rulesets.change_grouping(project, texts, by=None)
    kinds = ("KeyError", "ValueError", "TypeError")
    for owner in (project, neighbour):
        payloads = [make_payload(exception=[{"type": kind}]) for kind in kinds]
        append(*(make_entry(owner, payload) for payload in payloads))
        digest.drain(SHARD)
    issues = Issue.objects.filter(project=project)
    assert [issue.title for issue in issues] == ["Any error"]
    assert Issue.objects.filter(project=neighbour).count() == 3


def test_frames_are_the_apps_or_not_by_the_rules_of_their_project() -> None:
    project = make_project()
    texts = GroupingTexts(enhancements="function:noise -group")
    rulesets.change_grouping(project, texts, by=None)
    for names in (["total"], ["noise", "total"]):
        frames = [
            {"function": name, "module": "shop", "in_app": True} for name in names
        ]
        error = {"type": "KeyError", "stacktrace": {"frames": frames}}
        append(make_entry(project, make_payload(exception=[error])))
        digest.drain(SHARD)
    assert Issue.objects.filter(project=project).count() == 1
