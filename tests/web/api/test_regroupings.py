"""Regrouping stored events through the API."""

from __future__ import annotations

import pytest

from issues.models import Operation, Regrouping
from projects.models import Organization, Project, Role
from tests.factories import make_issue, make_project
from tests.people import client_of
from tests.regroups import begun, finish, regrouped
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db

RUNS = "/projects/acme/shop/regroup/"


def joined(project: Project) -> Regrouping:
    """Has two issues become one, by rules that hold."""
    for kind in ("KeyError", "TypeError"):
        make_issue(project, exception=[{"type": kind, "value": "x"}])
    return regrouped(project, "type:*Error -> one")


def test_a_run_is_begun_and_told(api: API, project: Project) -> None:
    answer = api.post(RUNS, {})
    assert answer.status == 202
    assert (answer.body["kind"], answer.body["state"]) == ("regroup", "reading")
    (told,) = api.get(RUNS).body
    assert told == api.get(f"{RUNS}{told['id']}/").body == answer.body


def test_a_second_run_has_to_wait(api: API, project: Project) -> None:
    api.post(RUNS, {})
    assert api.post(RUNS, {}).status == 409


def test_a_finished_run_tells_what_it_did(api: API, project: Project) -> None:
    run = joined(project)
    told = api.get(f"{RUNS}{run.pk}/").body
    assert (told["state"], told["done"], told["canUndo"]) == ("done", 2, True)
    assert told["result"] == {
        "events": 2,
        "isCutShort": False,
        "issuesNow": 2,
        "issuesThen": 1,
        "joined": 2,
        "split": 0,
    }


def test_a_preview_moves_nothing(api: API, project: Project) -> None:
    make_issue(project)
    answer = api.post(RUNS, {"preview": True})
    finish(Regrouping.objects.get())
    told = api.get(f"{RUNS}{answer.body['id']}/").body
    assert (told["kind"], told["state"], told["canUndo"]) == ("preview", "done", False)
    assert told["result"]["issuesThen"] == 1
    assert api.get(RUNS).body == []


def test_a_run_is_stopped(api: API, project: Project) -> None:
    run = begun(project)
    assert api.call("DELETE", f"{RUNS}{run.pk}/").body["state"] == "canceled"


def test_a_run_is_undone_once(api: API, project: Project) -> None:
    run = joined(project)
    assert api.post(f"{RUNS}{run.pk}/undo/", {}).body["state"] == "undoing"
    finish(run)
    assert api.post(f"{RUNS}{run.pk}/undo/", {}).status == 409


def test_runs_of_other_projects_are_not_found(api: API, project: Project) -> None:
    run = begun(make_project())
    for address in (f"{RUNS}{run.pk}/", f"{RUNS}nonsense/"):
        assert api.get(address).status == 404
        assert api.call("DELETE", address).status == 404
        assert api.post(f"{address}undo/", {}).status == 404


def test_who_manages_nothing_undoes_no_run_as_an_operation(
    organization: Organization, project: Project
) -> None:
    run = joined(project)
    done = Operation.objects.get(kind="regroup")
    undo = f"/organizations/acme/operations/{done.pk}/undo/"
    assert api_of(organization, role=Role.MEMBER).post(undo, {}).status == 403
    page = f"/o/acme/operations/{done.pk}/undo/"
    assert client_of(organization, Role.MEMBER).post(page).status_code == 403
    told = client_of(organization, Role.MEMBER).get("/o/acme/activity/")
    assert page not in told.content.decode()
    run.refresh_from_db()
    assert run.state == "done"
    assert api_of(organization, role=Role.ADMIN).post(undo, {}).status == 200


def test_who_manages_nothing_regroups_nothing(
    organization: Organization, project: Project
) -> None:
    member = api_of(organization, role=Role.MEMBER)
    assert member.post(RUNS, {}).status == 403
    assert not Regrouping.objects.exists()
