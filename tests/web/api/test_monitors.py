"""The API tells of monitors in the shapes that clients know, and changes them."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from issues.models import Issue, IssueState, Status
from monitors.models import CheckIn, Monitor
from projects.models import Organization, Project, Role, Team
from tests.factories import make_organization, make_project
from tests.monitoring import NOON, at, check_in, environment, make_monitor
from tests.people import make_member
from tests.web.api.client import API, api_of

MONITORS = "/organizations/acme/monitors/"
DAILY: dict[str, Any] = {"schedule_type": "crontab", "schedule": "0 3 * * *"}


@pytest.fixture
def monitor(project: Project) -> Monitor:
    return make_monitor(project, "backup", name="Nightly backup", checkin_margin=5)


def test_list_has_what_clients_ask_for(api: API, monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    answer = api.get(MONITORS, cursor="")
    assert answer.status == 200
    (told,) = answer.body
    assert told["id"] == str(monitor.pk)
    assert (told["slug"], told["name"]) == ("backup", "Nightly backup")
    assert (told["status"], told["isMuted"]) == ("active", False)
    assert told["config"] == {
        "schedule_type": "crontab",
        "schedule": "0 * * * *",
        "checkin_margin": 5,
        "max_runtime": 30,
        "timezone": "UTC",
        "failure_issue_threshold": 1,
        "recovery_threshold": 1,
        "alert_rule_id": None,
    }
    assert told["project"]["slug"] == "shop"
    (place,) = told["environments"]
    assert (place["name"], place["status"]) == ("production", "error")
    assert place["lastCheckIn"] == "2026-11-23T12:00:00Z"
    assert place["nextCheckIn"] == "2026-11-23T13:00:00Z"
    assert place["nextCheckInLatest"] == "2026-11-23T13:05:00Z"
    assert place["activeIncident"]["startingTimestamp"] == "2026-11-23T12:00:00Z"


def test_list_is_narrowed(api: API, organization: Organization) -> None:
    team = Team.objects.create(organization=organization, slug="core", name="Core")
    one, two = (make_project(slug, organization=organization) for slug in ("a", "b"))
    first = make_monitor(one, "first", owner_team=team)
    make_monitor(two, "second")
    make_monitor(make_project(), "foreign")
    check_in(first, "ok", NOON, environment="staging")

    def slugs(**query: object) -> list[str]:
        return [told["slug"] for told in api.get(MONITORS, **query).body]

    assert slugs() == slugs(project="-1") == ["first", "second"]
    assert slugs(project="a") == slugs(project=one.pk) == ["first"]
    assert slugs(project=["a", "b"]) == ["first", "second"]
    assert slugs(environment="staging") == ["first"]
    assert slugs(owner=f"team:{team.pk}") == ["first"]
    assert slugs(owner="user:1") == slugs(owner="nobody") == []


def test_list_has_pages(api: API, project: Project) -> None:
    for slug in "abc":
        make_monitor(project, slug)
    first = api.get(MONITORS, limit=2)
    second = api.get(MONITORS, limit=2, cursor=first.next_cursor)
    assert [told["slug"] for told in first.body + second.body] == ["a", "b", "c"]


def test_monitor_is_made(api: API, project: Project) -> None:
    answer = api.post(
        MONITORS,
        {
            "project": "shop",
            "name": "Nightly Import",
            "config": {
                "schedule_type": "interval",
                "schedule": [2, "hour"],
                "checkin_margin": None,
                "max_runtime": 90,
                "timezone": "Asia/Tokyo",
            },
        },
    )
    assert answer.status == 201
    assert answer.body["config"]["schedule"] == [2, "hour"]
    made = Monitor.objects.get(project=project)
    assert (made.slug, made.name) == ("nightly-import", "Nightly Import")
    assert (made.checkin_margin, made.max_runtime) == (1, 90)
    assert made.timezone == "Asia/Tokyo"
    assert not made.is_upserted


@pytest.mark.parametrize(
    "changes",
    [
        {"project": "nowhere"},
        {"name": "!!"},
        {"slug": "Not A Slug"},
        {"slug": "backup"},
        {"config": {}},
        {"config": {"schedule_type": "crontab", "schedule": "61 * * * *"}},
        {"config": {"schedule_type": "interval", "schedule": [1, "eon"]}},
        {"config": {"schedule_type": "interval", "schedule": "0 3 * * *"}},
        {"config": {**DAILY, "timezone": "Mars/Olympus"}},
        {"config": {**DAILY, "max_runtime": 0}},
        {"owner": "user:99999"},
        {"status": "gone"},
    ],
)
def test_odd_monitor_is_refused(
    api: API, monitor: Monitor, changes: dict[str, Any]
) -> None:
    body = {"project": "shop", "name": "Other", "config": DAILY, **changes}
    assert api.post(MONITORS, body).status == 400
    assert Monitor.objects.count() == 1


def test_full_project_is_refused(
    api: API, monitor: Monitor, settings: Settings
) -> None:
    settings.MONITORS_PER_PROJECT = 1
    body = {"project": "shop", "name": "Other", "config": DAILY}
    answer = api.post(MONITORS, body)
    assert (answer.status, "as many monitors" in answer.body["detail"]) == (400, True)


def test_monitor_is_found_by_slug_and_id(api: API, monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON, environment="staging")
    check_in(monitor, "ok", NOON)
    for path in (
        f"{MONITORS}backup/",
        f"{MONITORS}{monitor.pk}/",
        "/projects/acme/shop/monitors/backup/",
    ):
        told = api.get(path, environment="staging").body
        assert told["slug"] == "backup"
        assert [place["name"] for place in told["environments"]] == ["staging"]
    assert api.get(f"{MONITORS}other/").status == 404


def test_slug_is_of_a_project(api: API, organization: Organization) -> None:
    for slug in ("a", "b"):
        make_monitor(make_project(slug, organization=organization), "job", name=slug)
    assert api.get("/projects/acme/b/monitors/job/").body["name"] == "b"


def test_monitor_is_changed(
    api: API, monitor: Monitor, organization: Organization
) -> None:
    check_in(monitor, "ok", NOON)
    user = make_member(organization).user
    body = {
        "name": "Backup",
        "is_muted": True,
        "owner": f"user:{user.pk}",
        "config": {"schedule": "@daily", "recovery_threshold": 2},
    }
    answer = api.put(f"{MONITORS}backup/", body)
    assert answer.status == 200
    assert answer.body["owner"]["email"] == user.email
    assert answer.body["config"]["schedule"] == "@daily"
    monitor.refresh_from_db()
    assert (monitor.name, monitor.is_muted, monitor.owner_user) == (
        "Backup",
        True,
        user,
    )
    # What was not told stays.
    assert (monitor.checkin_margin, monitor.recovery_threshold) == (5, 2)
    due = environment(monitor).next_expected_at
    assert due is not None
    assert (due.hour, due.minute) == (0, 0)


def test_disabled_monitor_expects_nothing(api: API, monitor: Monitor) -> None:
    check_in(monitor, "in_progress", NOON)
    answer = api.put(f"{MONITORS}backup/", {"status": "disabled"})
    assert answer.body["status"] == "disabled"
    assert answer.body["environments"][0]["nextCheckIn"] is None
    assert CheckIn.objects.get().status == "unknown"
    answer = api.put(f"{MONITORS}backup/", {"status": "active"})
    assert answer.body["environments"][0]["nextCheckIn"] is not None


def test_issue_goes_along_with_a_new_slug(api: API, monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    assert api.put(f"{MONITORS}backup/", {"slug": "dump"}).status == 200
    monitor.refresh_from_db()
    check_in(monitor, "error", at("12:10"))
    check_in(monitor, "ok", at("12:20"))
    assert Issue.objects.count() == 1
    state = IssueState.objects.get()
    assert (state.event_count, state.status) == (2, Status.RESOLVED)


def test_taken_slug_is_refused(api: API, monitor: Monitor) -> None:
    make_monitor(monitor.project, "dump")
    assert api.put(f"{MONITORS}backup/", {"slug": "dump"}).status == 400


def test_monitor_is_deleted(api: API, monitor: Monitor) -> None:
    check_in(monitor, "error", NOON)
    assert api.call("DELETE", f"{MONITORS}backup/").status == 202
    assert not CheckIn.objects.exists()
    assert Issue.objects.count() == 1
    assert api.get(f"{MONITORS}backup/").status == 404


def test_environment_is_deleted(api: API, monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    check_in(monitor, "ok", NOON, environment="staging")
    path = "/projects/acme/shop/monitors/backup/"
    assert api.call("DELETE", path, environment="staging").status == 202
    assert [one.name for one in monitor.environments.all()] == ["production"]


def test_check_ins_have_pages_either_way(api: API, monitor: Monitor) -> None:
    for minute in range(5):
        check_in(monitor, "ok", at(f"12:0{minute}"), duration_ms=1500)
    # Two at the same time.
    check_in(monitor, "error", at("12:04"), duration_ms=1500)
    path = f"{MONITORS}backup/checkins/"
    seen, cursor = [], None
    while True:
        page = api.get(path, limit=2, **({"cursor": cursor} if cursor else {}))
        seen.append([told["id"] for told in page.body])
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert [len(ids) for ids in seen] == [2, 2, 2]
    assert len({one for ids in seen for one in ids}) == 6
    back = api.get(path, limit=2, cursor=page.previous_cursor)
    assert [told["id"] for told in back.body] == seen[1]
    back = api.get(path, limit=2, cursor=back.previous_cursor)
    assert [told["id"] for told in back.body] == seen[0]
    assert back.previous_cursor is None


def test_check_in_is_told_whole(api: API, monitor: Monitor) -> None:
    check_in(monitor, "ok", NOON)
    guid = check_in(monitor, "in_progress", at("13:00"))
    told = api.get(f"{MONITORS}backup/checkins/").body[0]
    assert (told["id"], told["status"]) == (str(guid), "in_progress")
    assert told["environment"] == "production"
    assert told["expectedTime"] == "2026-11-23T13:00:00Z"
    assert (told["duration"], told["dateInProgress"]) == (None, "2026-11-23T13:00:00Z")
    assert told["monitorConfig"]["schedule"] == "0 * * * *"


@pytest.mark.parametrize("cursor", ["x", "1:2", "1:2:3", "9" * 40 + ":1:0"])
def test_unknown_cursor_is_refused(api: API, monitor: Monitor, cursor: str) -> None:
    assert api.get(f"{MONITORS}backup/checkins/", cursor=cursor).status == 400


def test_who_may_only_read_changes_nothing(
    monitor: Monitor, organization: Organization
) -> None:
    api = api_of(organization, Role.MEMBER)
    assert api.get(MONITORS).status == 200
    body = {"project": "shop", "name": "Other", "config": DAILY}
    assert api.post(MONITORS, body).status == 403
    assert api.put(f"{MONITORS}backup/", {"is_muted": True}).status == 403
    assert api.call("DELETE", f"{MONITORS}backup/").status == 403


def test_other_organizations_monitors_are_not_there(monitor: Monitor) -> None:
    api = api_of(make_organization("other"))
    assert api.get("/organizations/other/monitors/").body == []
    assert api.get("/organizations/other/monitors/backup/").status == 404
    assert api.get(f"/organizations/other/monitors/{monitor.pk}/").status == 404
    assert api.get(MONITORS).status == 404
