"""The overview pages: figures of a period beside those of the one before."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issues import figures, pulse
from issues.figures import Change, Figures, figures_of
from issues.merging.changes import merge
from issues.models import Activity, Issue, IssueState, Level, ProjectHour, Status
from issues.periods import Period
from issues.pulse import pulse_of
from issues.standouts import Standouts, standouts_of
from projects.hours import hour_of
from projects.models import Project
from projects.windows import Window
from releases.models import Release
from tests.factories import (
    make_event,
    make_exception,
    make_issue,
    make_payload,
    make_project,
    store,
)

OVERVIEW = "/o/acme/p/shop/overview/"
ALL = "/o/acme/overview/"
MAX_QUERIES = 24


def report(project: Project, name: str, *, days_ago: float = 0, **more: object) -> None:
    """An event of the issue of that name, some days ago."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    payload = make_payload(
        exception={"values": [make_exception(name, "bad", f"in_{name}")]},
        timestamp=at.timestamp(),
        **more,
    )
    store(make_event(project, payload))


def fortnight(project: Project) -> Figures:
    now = timezone.now()
    return figures_in(Period.FORTNIGHT.window(now), project)


def figures_in(window: Window, project: Project) -> Figures:
    now = timezone.now()
    project.refresh_from_db()
    felt = pulse_of([project], window, now, tags=None, rows=1)
    return figures_of([project], window, now, felt)


def standouts_in_a_day(project: Project, *, rows: int) -> Standouts:
    now = timezone.now()
    window = Period.DAY.window(now)
    felt = pulse_of([project], window, now, tags=None, rows=rows)
    return standouts_of([project], window, felt, rows=rows)


def figure(page: str, heading: str) -> str:
    found = re.search(rf"<h2>{heading}</h2><b[^>]*>([^<]*)</b>", page)
    assert found
    return found[1]


def test_events_are_those_of_the_hours_and_stand_beside_the_period_before(
    project: Project,
) -> None:
    report(project, "Now")
    report(project, "Now", days_ago=3)
    report(project, "Now", days_ago=20)
    report(project, "Before", days_ago=21)
    # What the hours say counts, not how many rows of events there are.
    days_ago = hour_of(datetime.now(UTC) - timedelta(days=21))
    ProjectHour.objects.filter(hour=days_ago).update(count=40)
    found = fortnight(project)
    assert found.events == Change(2, 41)
    assert found.issues == Change(1, 2)
    assert found.events.percent == -95


def test_deleting_and_merging_issues_changes_no_events(project: Project) -> None:
    for name in ("One", "Two", "Three"):
        report(project, name)
    one, two, three = Issue.objects.order_by("pk")
    merge(project, [one.pk, two.pk], user=None)
    report(project, "Two")
    IssueState.objects.filter(issue=three).update(status=Status.DELETED)
    assert fortnight(project).events.now == 4


def test_an_issue_older_than_both_periods_counts_where_it_has_hours(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Old", "Steady", "Known"):
        report(project, name, days_ago=5)
        report(project, name)
    report(project, "Steady", days_ago=1.2)
    window = Period.DAY.window(timezone.now())
    assert figures_in(window, project).issues == Change(3, 1)
    monkeypatch.setattr(pulse, "_LOOKED_AT", 1)
    assert figures_in(window, project).issues.before in {0, 1, 2, 3}


def test_of_many_issues_a_sample_tells_how_many_were_seen_and_all_which_are_new(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(12):
        report(project, f"Error{i}")
    monkeypatch.setattr(pulse, "SAMPLED", 3)
    found = fortnight(project)
    assert found.issues.is_about
    # One in four is looked at.
    assert found.issues.now in {8, 12, 16}
    assert found.new == Change(12, 0)


def test_of_many_resolutions_a_sample_tells_how_many(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(12):
        Activity.objects.create(
            project=project,
            issue=make_issue(project, fingerprint=[f"Error{i}"]),
            kind=Activity.Kind.RESOLVED,
            created_at=timezone.now(),
        )
    assert fortnight(project).resolved == Change(12, 0)
    for room in (pulse, figures):
        monkeypatch.setattr(room, "SAMPLED", 3)
    found = fortnight(project)
    assert found.resolved.is_about
    assert found.resolved.now in {8, 12, 16}


def test_a_figure_told_by_a_sample_is_shown_as_such(
    project: Project, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(12):
        report(project, f"Error{i}")
    monkeypatch.setattr(pulse, "SAMPLED", 3)
    page = member.get(OVERVIEW).content.decode()
    assert figure(page, "Issues seen").startswith("≈ ")
    assert figure(page, "New issues") == "12"


def test_links_to_what_a_sample_tells_say_so(
    project: Project, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(12):
        report(project, f"Error{i}")
    for issue in Issue.objects.all():
        Activity.objects.create(
            project=project,
            issue=issue,
            kind=Activity.Kind.REGRESSION,
            created_at=timezone.now(),
        )
    assert re.search(r">12 came back<", member.get(OVERVIEW).content.decode())
    for room in (pulse, figures):
        monkeypatch.setattr(room, "SAMPLED", 3)
    page = member.get(OVERVIEW).content.decode()
    assert re.search(r">≈ (8|12|16) came back<", page)


def test_the_chart_has_a_layer_for_each_level(project: Project) -> None:
    report(project, "Bad", level="fatal")
    report(project, "Worse", level="warning")
    chart = fortnight(project).chart
    assert list(chart.layers) == [Level.WARNING, Level.FATAL]
    assert chart.heights[-1] == 2
    assert len(chart.heights) == 56


def test_an_issue_is_new_where_it_was_first_seen(project: Project) -> None:
    report(project, "Old", days_ago=20)
    report(project, "Old")
    report(project, "Young")
    found = fortnight(project)
    assert found.new == Change(1, 1)
    assert found.still_unresolved.n == 1


def test_resolving_counts_once_an_issue(project: Project) -> None:
    issue = make_issue(project)
    for _ in range(2):
        Activity.objects.create(
            project=project,
            issue=issue,
            kind=Activity.Kind.RESOLVED,
            created_at=timezone.now(),
        )
    Activity.objects.create(
        project=project,
        issue=issue,
        kind=Activity.Kind.REGRESSION,
        created_at=timezone.now(),
    )
    found = fortnight(project)
    assert (found.resolved.now, found.regressed.n) == (1, 1)


def test_the_busiest_issues_come_first_and_tell_where_it_happens(
    project: Project,
) -> None:
    report(project, "Rare", environment="staging")
    for _ in range(3):
        report(project, "Frequent", environment="production")
    found = standouts_in_a_day(project, rows=5)
    assert [(one.type, one.count) for one in found.most] == [
        ("Frequent", 3),
        ("Rare", 1),
    ]
    environment = next(d for d in found.places if d.key == "environment")
    assert [(s.value, s.share) for s in environment.shares] == [
        ("production", "75 %"),
        ("staging", "25 %"),
    ]


def test_an_old_issue_of_many_events_is_not_busy_for_that(
    project: Project,
) -> None:
    for _ in range(3):
        report(project, "Once", days_ago=3)
    report(project, "Once")
    for _ in range(2):
        report(project, "Lately")
    found = standouts_in_a_day(project, rows=1)
    assert [(one.type, one.count) for one in found.most] == [("Lately", 2)]


def test_an_environment_can_be_picked(project: Project, member: Client) -> None:
    for name, environment in (
        ("Live", "production"),
        ("Live", "production"),
        ("Live", "staging"),
        ("Dry", "staging"),
    ):
        report(project, name, environment=environment, release="shop@1.0.0")
    pages = {
        picked: member.get(OVERVIEW, {"environment": picked}).content.decode()
        for picked in ("production", "staging", "", "nowhere")
    }
    shown = {
        picked: (figure(page, "Events"), figure(page, "Issues seen"))
        for picked, page in pages.items()
    }
    assert shown == {
        "production": ("2", "1"),
        "staging": ("2", "2"),
        "": ("4", "2"),
        "nowhere": ("4", "2"),
    }
    assert 'value="production" selected>' in pages["production"]
    assert "sort=events&amp;environment=production" in pages["production"]
    assert 'value="production" selected>' not in pages["nowhere"]


@pytest.mark.parametrize("graph", list(Period))
def test_every_period_can_be_shown(
    project: Project, member: Client, graph: Period
) -> None:
    report(project, "Now", release="shop@1.0.0")
    page = member.get(OVERVIEW, {"graph": graph}).content.decode()
    assert figure(page, "Events") == "1"
    assert f'aria-current="true">{graph}</a>' in page
    assert "shop@1.0.0" in page


def test_an_unheard_of_period_is_the_usual_one(
    project: Project, member: Client
) -> None:
    report(project, "Now")
    page = member.get(OVERVIEW, {"graph": "1y"}).content.decode()
    assert 'aria-current="true">14d</a>' in page


def test_the_organizations_overview_adds_its_projects(
    project: Project, member: Client
) -> None:
    other = make_project("api", organization=project.organization)
    report(project, "One")
    report(other, "Two")
    Project.objects.update(first_event_at=timezone.now())
    page = member.get(ALL).content.decode()
    assert figure(page, "Events") == "2"
    assert '<span class="r-proj">Api</span>' in page


def test_a_project_without_events_says_what_to_do(
    project: Project, member: Client
) -> None:
    assert "/o/acme/p/shop/setup/" in member.get(OVERVIEW).content.decode()


def test_hostile_text_stays_text(project: Project, member: Client) -> None:
    hostile = '"><script>alert(1)</script>\u202e'
    payload = make_payload(
        exception={"values": [make_exception(hostile, hostile, hostile)]},
        environment=hostile,
        tags={"browser": hostile},
    )
    store(make_event(project, payload))
    for path in (OVERVIEW, ALL):
        page = member.get(path).content.decode()
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        # A form's value is what it is; nobody reads it.
        assert "\u202e" not in re.sub(r'="[^"]*"', "", page)


def test_viewers_see_it_and_strangers_do_not(
    project: Project, viewer: Client, stranger: Client
) -> None:
    make_issue(project)
    for path in (OVERVIEW, ALL):
        assert viewer.get(path).status_code == 200
        assert stranger.get(path).status_code == 404


def test_it_costs_the_same_few_statements_whatever_it_shows(
    project: Project, member: Client
) -> None:
    counts = []
    for n in (1, 12):
        for i in range(n):
            report(project, f"Error{i}", release=f"shop@1.{i}")
        with CaptureQueriesContext(connection) as queries:
            member.get(OVERVIEW)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= MAX_QUERIES
    assert Issue.objects.count() == 12


def marks_of(project: Project, member: Client, ages: dict[str, timedelta]) -> str:
    """What marks releases of these ages in the chart."""
    now = datetime.now(UTC)
    for version, age in ages.items():
        report(project, "Now", release=f"shop@{version}")
        rows = Release.objects.filter(version=f"shop@{version}")
        rows.update(released_at=now - age)
    page = member.get(OVERVIEW).content.decode()
    return page[page.index('<svg class="marks"') :].partition("</svg>")[0]


def test_of_releases_made_together_only_the_later_ones_name_is_in_the_chart(
    project: Project, member: Client
) -> None:
    days = {"1.0": 9, "2.0": 2.5, "2.1": 1.9}
    ages = {version: timedelta(days=each) for version, each in days.items()}
    marks = marks_of(project, member, ages)
    assert marks.count("<line") == 3
    assert re.findall(r">([\d.]*)</text>", marks) == ["2.1", "", "1.0"]


def test_of_releases_within_hours_one_line_is_in_the_chart(
    project: Project, member: Client
) -> None:
    hours = {"1.0": 30, "1.1": 28, "1.2": 26}
    ages = {version: timedelta(hours=each) for version, each in hours.items()}
    marks = marks_of(project, member, ages)
    assert re.findall(r">([\d.]*)</text>", marks) == ["1.2"]
