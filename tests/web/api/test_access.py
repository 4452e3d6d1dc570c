"""Who may call what: every operation of the document, by every kind of caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from issues import comments
from issues.events import latest_event
from issues.models import Attachment, Issue, Operation, Regrouping, SavedSearch
from issues.operations import Selection, status
from issues.operations import apply as operate
from issues.shortid import encode
from projects.models import Membership, Organization, Project, Role
from tests.factories import make_issue, make_organization, make_project
from tests.files import attach
from tests.monitoring import make_monitor
from tests.people import make_member, make_user
from tests.regroups import begun
from tests.web.api.client import API, api_of, document, operations

pytestmark = pytest.mark.django_db

# Addresses that name nothing of an organization.
_GENERAL = {"/api/0/", "/api/0/auth/", "/api/0/organizations/"}


@pytest.fixture
def issue(project: Project, data_folder: Path) -> Issue:
    issue = make_issue(project, release="shop@1.0")
    attach(issue, b"line", "app.log")
    selection = Selection.of(project.organization, [project], [issue.pk])
    operate(selection, status.ignore(), user=None)
    begun(project)
    return issue


def _addresses(issue: Issue, *, write: bool | None = None) -> list[tuple[str, str]]:
    """Every operation with the issue's names in its address."""
    event = latest_event(issue.pk)
    assert event is not None
    project = issue.project
    names = {
        "{org}": project.organization.slug,
        "{project}": project.slug,
        "{issue}": str(issue.pk),
        "{event}": event.event_id.hex,
        "{filter_id}": "localhost",
        "{key_id}": project.keys.get().public_key,
        "{key}": "level",
        "{version}": "shop@1.0",
        "{short_id}": encode(project.slug, issue.number),
        "{run}": str(Regrouping.objects.get(project=project).pk),
        "{operation}": str(Operation.objects.earliest("pk").pk),
        "{attachment}": str(Attachment.objects.get(project=project).pk),
    }
    first = Membership.objects.filter(organization=project.organization).first()
    writer = first.user if first else make_user()
    found = []
    for method, template in operations():
        # One for each operation: some delete it.
        path = template.replace("{monitor}", make_monitor(project).slug)
        search = SavedSearch.objects.create(
            organization=project.organization, name="all", sort="events", is_shared=True
        )
        path = path.replace("{search}", str(search.pk))
        about = issue
        if method == "DELETE":
            message = f"{template} {write}"
            about = make_issue(project, exception=None, message=message)
            path = path.replace("{issue}", str(about.pk))
        path = path.replace("{comment}", str(comments.add(about, "Odd", writer).pk))
        for variable, value in names.items():
            path = path.replace(variable, value)
        if template not in _GENERAL and write in (None, method != "GET"):
            found.append((method, path.removeprefix("/api/0")))
    return found


def _statuses(api: API, addresses: list[tuple[str, str]]) -> dict[str, int]:
    return {
        f"{method} {path}": api.call(method, path).status for method, path in addresses
    }


def test_the_owner_may_do_everything(api: API, issue: Issue) -> None:
    """Where a body is needed, its absence is all that is wrong."""
    statuses = _statuses(api, _addresses(issue))
    # 409: a run of regrouping is under way already.
    assert set(statuses.values()) <= {200, 201, 202, 204, 400, 409}


def test_a_viewer_reads_everything_and_writes_nothing(issue: Issue) -> None:
    viewer = api_of(issue.project.organization, Role.VIEWER)
    assert set(_statuses(viewer, _addresses(issue, write=False)).values()) == {200}
    written = _statuses(viewer, _addresses(issue, write=True))
    assert set(written.values()) == {403}


def test_a_stranger_learns_nothing(issue: Issue) -> None:
    stranger = api_of(make_organization("other"))
    others = [
        (method, path)
        for method, path in _addresses(issue)
        # Everybody's own.
        if not path.startswith("/users/me/")
    ]
    assert set(_statuses(stranger, others).values()) == {404}


def test_nobody_gets_in_without_a_token(issue: Issue) -> None:
    assert set(_statuses(API(None), _addresses(issue)).values()) == {401}
    assert API(None).get("/organizations/").status == 401
    assert API(None).get("/auth/").status == 401


def test_an_unknown_token_is_called_invalid(issue: Issue) -> None:
    answer = API("sntryu_" + "0" * 64).get("/organizations/acme/issues/")
    assert (answer.status, answer.body) == (401, {"detail": "Invalid token"})


def test_a_token_without_scopes_may_nothing(issue: Issue) -> None:
    weak = api_of(issue.project.organization, scopes=["team:admin"])
    statuses = _statuses(weak, _addresses(issue))
    teams = statuses.pop("GET /organizations/acme/teams/")
    assert (teams, set(statuses.values())) == (200, {403})


def test_reading_events_does_not_allow_to_change_issues(issue: Issue) -> None:
    reader = api_of(issue.project.organization, scopes=["event:read"])
    address = f"/organizations/acme/issues/{issue.pk}/"
    assert reader.get(address).status == 200
    assert reader.put(address, {"status": "resolved"}).status == 403


def test_a_token_sees_its_own_organization_only(
    organization: Organization, issue: Issue
) -> None:
    user = make_member(organization).user
    elsewhere = make_organization("elsewhere")
    make_member(elsewhere, user=user)
    api = api_of(elsewhere, user=user)
    assert api.get("/organizations/acme/").status == 404
    assert [one["slug"] for one in api.get("/organizations/").body] == ["elsewhere"]
    assert api.get(f"/issues/{issue.pk}/").status == 404


def test_no_address_of_another_project_reaches_the_issue(
    api: API, organization: Organization, issue: Issue
) -> None:
    foreign = make_issue(_foreign_project())
    assert api.get(f"/issues/{foreign.pk}/").status == 404
    short_id = encode(foreign.project.slug, foreign.number)
    assert api.get(f"/organizations/acme/shortids/{short_id}/").status == 404
    event = latest_event(foreign.pk)
    assert event is not None
    assert api.get(f"/organizations/acme/eventids/{event.event_id}/").status == 404
    own = f"/issues/{issue.pk}/events/{event.event_id.hex}/"
    assert api.get(own).status == 404


def test_a_bulk_change_leaves_other_organizations_alone(api: API, issue: Issue) -> None:
    foreign = make_issue(_foreign_project())
    address = "/organizations/acme/issues/"
    answer = api.put(address, {"status": "resolved"}, id=foreign.pk)
    assert answer.status == 204
    foreign.state.refresh_from_db()
    assert foreign.state.get_status_display() == "Unresolved"


def test_every_operation_asks_for_a_token() -> None:
    paths = document()["paths"]
    for method, path in operations():
        security = paths[path][method.lower()]["security"]
        assert {"token": []} in security, path


def _foreign_project() -> Project:
    return make_project("foreign", organization=make_organization("strangers"))
