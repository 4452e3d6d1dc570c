"""The pages of monitors tell how they stand, and let people change them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitors.models import CheckIn, Monitor
from monitors.timeline import SLOTS, timelines
from projects.models import Project, Role, Team
from tests.factories import make_organization, make_project
from tests.monitoring import NOON, at, check_in, environment, make_monitor, watch
from tests.people import client_of

LIST = "/o/acme/p/shop/monitors/"
NEW = "/o/acme/p/shop/new-monitor/"
MONITOR = f"{LIST}backup/"
HOSTILE = '<script>alert(1)</script>"\u202e&'
FORM = {
    "name": "Nightly Import",
    "slug": "",
    "kind": "crontab",
    "crontab": "0 3 * * *",
    "interval_count": "",
    "interval_unit": "minute",
    "timezone": "Europe/Amsterdam",
    "checkin_margin": "5",
    "max_runtime": "45",
    "failure_issue_threshold": "2",
    "recovery_threshold": "1",
    "owner": "",
}


@pytest.fixture
def monitor(project: Project) -> Monitor:
    return make_monitor(project, "backup", name="Nightly backup")


def text_of(response: Any) -> str:
    """What a reader sees of the page, in one line."""
    assert response.status_code == 200
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_empty_list_tells_how_to_begin(admin: Client) -> None:
    shown = text_of(admin.get(LIST))
    assert "No monitors yet" in shown
    assert "sentry-cli monitors run --schedule" in shown


def test_list_tells_how_monitors_stand(viewer: Client, monitor: Monitor) -> None:
    now = timezone.now()
    check_in(monitor, "error", now - timedelta(minutes=5))
    check_in(monitor, "ok", now - timedelta(minutes=4), environment="staging")
    make_monitor(monitor.project, "mail", name="Mail", crontab="@daily")
    shown = text_of(viewer.get(LIST))
    assert "Nightly backup Every hour at minute 00" in shown
    assert re.search(r"Failed production .* Issue open for 5 min", shown)
    assert "Healthy staging" in shown
    assert "24 hours: OK 1" in viewer.get(LIST).content.decode()
    assert "Mail Every day at 00:00" in shown
    assert "Waiting for the first check-in" in shown


def test_list_costs_the_same_whatever_its_length(
    member: Client, project: Project
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert member.get(LIST).status_code == 200
        return len(queries)

    check_in(make_monitor(project), "error", NOON)
    few = cost()
    for _ in range(20):
        monitor = make_monitor(project)
        check_in(monitor, "error", NOON)
        check_in(monitor, "ok", NOON, environment="staging")
    assert cost() == few <= 15


def test_list_has_pages(member: Client, project: Project) -> None:
    for number in range(51):
        make_monitor(project, f"job-{number:02}")
    assert "job-50" not in text_of(member.get(LIST))
    second = text_of(member.get(LIST, {"start": "50"}))
    assert ("job-50" in second, "job-49" in second) == (True, False)
    assert member.get(LIST, {"start": "x"}).status_code == 200


def test_page_tells_of_check_ins(viewer: Client, monitor: Monitor) -> None:
    guid = check_in(monitor, "in_progress", at("12:00"), release="shop@1.4")
    check_in(monitor, "error", at("12:01:30"), guid=guid)
    watch(at("13:01"))
    shown = text_of(viewer.get(MONITOR))
    assert "Missed 2026-11-23 13:00:00" in shown
    assert "Failed 2026-11-23 12:00:00" in shown
    assert "1 min 30 s" in shown
    assert f"shop@1.4 {guid.hex[:8]}" in shown
    # Readers are offered nothing that they may not do.
    assert "Mute" not in shown
    assert "Settings" not in shown


def test_page_goes_back_through_check_ins(viewer: Client, monitor: Monitor) -> None:
    for minute in range(60):
        check_in(monitor, "ok", NOON - timedelta(minutes=minute), duration_ms=0)
    CheckIn.objects.update(started_at=NOON)
    first = viewer.get(MONITOR)
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert older is not None
    second = viewer.get(MONITOR + older[1].replace("&amp;", "&"))
    seen = [page.context["check_ins"] for page in (first, second)]
    assert [len(rows) for rows in seen] == [50, 10]
    assert len({row.pk for rows in seen for row in rows}) == 60
    assert 'rel="next"' not in second.content.decode()


def test_page_shows_one_environment(viewer: Client, monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON, environment="staging")
    check_in(monitor, "error", NOON)
    page = viewer.get(MONITOR, {"environment": "staging"})
    assert [row.status for row in page.context["check_ins"]] == ["ok"]
    page = viewer.get(MONITOR, {"environment": "nowhere"})
    assert len(page.context["check_ins"]) == 2


@pytest.mark.parametrize("cursor", ["x", "1", "1.2.3", "9" * 30 + ".1", "\0"])
def test_odd_cursor_is_the_first_page(
    viewer: Client, monitor: Monitor, cursor: str
) -> None:
    check_in(monitor, "ok", NOON)
    page = viewer.get(MONITOR, {"before": cursor})
    assert len(page.context["check_ins"]) == 1


def test_hostile_names_are_text(admin: Client, project: Project) -> None:
    monitor = make_monitor(project, "backup", name=HOSTILE[:128])
    check_in(monitor, "error", NOON, environment=HOSTILE, release=HOSTILE)
    for path in (LIST, MONITOR, f"{MONITOR}settings/", f"{MONITOR}delete/"):
        body = admin.get(path).content.decode()
        assert "<script>alert" not in body, path
        assert "\u202e" not in re.sub(r'value="[^"]*"', "", body), path


def test_monitor_is_made(admin: Client, project: Project) -> None:
    response = admin.post(NEW, FORM)
    assert response.headers["Location"] == f"{LIST}nightly-import/"
    made = Monitor.objects.get(project=project)
    assert (made.name, made.crontab) == ("Nightly Import", "0 3 * * *")
    assert (made.checkin_margin, made.max_runtime) == (5, 45)
    assert (made.timezone, made.failure_issue_threshold) == ("Europe/Amsterdam", 2)
    assert "curl" in text_of(admin.get(f"{LIST}nightly-import/"))


def test_interval_and_owner_are_chosen(admin: Client, project: Project) -> None:
    team = Team.objects.create(
        organization=project.organization, slug="core", name="Core"
    )
    chosen = {
        "kind": "interval",
        "interval_count": "2",
        "interval_unit": "hour",
        "owner": f"team:{team.pk}",
        "slug": "Import It",
    }
    admin.post(NEW, {**FORM, **chosen})
    made = Monitor.objects.get()
    assert (made.slug, str(made.schedule)) == ("import-it", "2 hour")
    assert made.owner_team == team


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("slug", "!!"),
        ("slug", "backup"),
        ("crontab", "61 * * * *"),
        ("crontab", ""),
        ("timezone", "Mars/Olympus"),
        ("checkin_margin", "0"),
        ("max_runtime", "99999"),
        ("failure_issue_threshold", "x"),
        ("owner", "user:99999"),
        ("kind", "never"),
    ],
)
def test_odd_settings_are_explained(
    admin: Client, monitor: Monitor, field: str, value: str
) -> None:
    page = admin.post(NEW, {**FORM, field: value})
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert Monitor.objects.count() == 1


def test_settings_are_changed(admin: Client, monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    admin.post(f"{MONITOR}settings/", {**FORM, "crontab": "@daily"})
    monitor.refresh_from_db()
    assert (monitor.slug, monitor.name) == ("backup", "Nightly Import")
    assert (monitor.crontab, monitor.max_runtime) == ("@daily", 45)
    due, latest = (
        getattr(environment(monitor), name)
        for name in ("next_expected_at", "next_latest_at")
    )
    assert latest - due == timedelta(minutes=5)
    shown = admin.get(f"{MONITOR}settings/").content.decode()
    assert 'value="@daily"' in shown


def test_zone_of_an_old_name_stays(admin: Client, project: Project) -> None:
    make_monitor(project, "backup", timezone="EST5EDT")
    admin.post(f"{MONITOR}settings/", {**FORM, "timezone": "EST5EDT"})
    made = Monitor.objects.get()
    assert (made.name, made.timezone) == ("Nightly Import", "EST5EDT")


def test_monitor_is_muted_and_disabled(
    admin: Client, member: Client, monitor: Monitor
) -> None:
    check_in(monitor, "in_progress", NOON)
    member.post(f"{MONITOR}change/", {"do": "mute"})
    admin.post(f"{MONITOR}change/", {"do": "disable"})
    monitor.refresh_from_db()
    assert (monitor.is_muted, monitor.is_disabled) == (True, True)
    assert environment(monitor).next_expected_at is None
    assert CheckIn.objects.get().status == "unknown"
    member.post(f"{MONITOR}change/", {"do": "unmute"})
    admin.post(f"{MONITOR}change/", {"do": "enable"})
    admin.post(f"{MONITOR}change/", {"do": "explode"})
    monitor.refresh_from_db()
    assert (monitor.is_muted, monitor.is_disabled) == (False, False)
    assert environment(monitor).next_expected_at is not None


def test_monitor_is_deleted_after_a_question(admin: Client, monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    assert "Delete the monitor Nightly backup?" in text_of(
        admin.get(f"{MONITOR}delete/")
    )
    assert admin.post(f"{MONITOR}delete/").headers["Location"] == LIST
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    ("role", "path", "data"),
    [
        (Role.MEMBER, NEW, FORM),
        (Role.MEMBER, f"{MONITOR}settings/", FORM),
        (Role.MEMBER, f"{MONITOR}change/", {"do": "disable"}),
        (Role.MEMBER, f"{MONITOR}delete/", {}),
        (Role.VIEWER, f"{MONITOR}change/", {"do": "mute"}),
    ],
)
def test_roles_have_their_bounds(
    project: Project, monitor: Monitor, role: Role, path: str, data: dict[str, str]
) -> None:
    client = client_of(project.organization, role)
    assert client.post(path, data).status_code == 403
    monitor.refresh_from_db()
    assert (monitor.name, monitor.is_disabled) == ("Nightly backup", False)
    assert Monitor.objects.count() == 1


def test_other_projects_monitors_are_not_there(
    admin: Client, project: Project, monitor: Monitor
) -> None:
    make_project("other", organization=project.organization)
    assert admin.get("/o/acme/p/other/monitors/backup/").status_code == 404
    stranger = client_of(make_organization("elsewhere"))
    assert stranger.get(MONITOR).status_code == 404


def test_issue_leads_to_its_monitor(viewer: Client, monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    body = viewer.get("/o/acme/p/shop/issues/1/").content.decode()
    assert f'href="{MONITOR}"' in body


def test_timeline_shows_the_worst_of_each_half_hour(monitor: Monitor) -> None:
    for clock, status in (
        ("11:31", "ok"),
        ("11:35", "error"),
        ("11:40", "ok"),
        ("12:01", "ok"),
    ):
        check_in(monitor, status, at(clock))
    check_in(monitor, "ok", at("12:29", day=-1))
    check_in(monitor, "ok", at("12:31", day=-1))
    place = environment(monitor).pk
    day = timelines([place], at("12:10"))[place]
    assert len(day.slots) == SLOTS
    assert day.slots[0] == "ok"
    assert day.slots[-2:] == ["error", "ok"]
    assert set(day.slots[1:-2]) == {None}
    assert day.counts == {"ok": 4, "error": 1}
