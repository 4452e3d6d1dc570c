"""What the API tells of itself, organizations, teams, projects and keys."""

from __future__ import annotations

import pytest
from django.conf import settings

from projects.keys import load_key
from projects.models import Organization, Project, ProjectKey, ProjectStar
from tests.factories import make_organization, make_project
from tests.people import make_member
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.django_db
KEYS = "/projects/acme/shop/keys/"


def test_the_api_says_who_is_asking(organization: Organization) -> None:
    user = make_member(organization).user
    root = api_of(organization, user=user, scopes=["event:read"]).get("/").body
    assert root["version"] == "0"
    assert root["auth"] == {"scopes": ["event:read"]}
    assert (root["user"]["id"], root["user"]["email"]) == (str(user.pk), user.email)
    anybody = API(None).get("/")
    assert anybody.body == {"version": "0", "auth": None, "user": None}
    assert API("junk").get("/").status == 401


def test_the_tokens_user(organization: Organization) -> None:
    user = make_member(organization).user
    told = api_of(organization, user=user).get("/auth/").body
    assert (told["id"], told["email"]) == (str(user.pk), user.email)


def test_organizations_are_those_of_the_token(api: API) -> None:
    make_organization("other")
    answer = api.get("/organizations/", cursor="", per_page=26)
    (told,) = answer.body
    assert (told["slug"], told["name"]) == ("acme", "Acme")
    assert told["links"]["organizationUrl"] == f"{settings.PUBLIC_URL}/o/acme/"
    assert answer.next_cursor is None


def test_an_organization_tells_its_projects_and_teams(
    api: API, organization: Organization, project: Project
) -> None:
    team = organization.teams.create(slug="web", name="Web")
    project.teams.add(team)
    told = api.get("/organizations/acme/").body
    assert [one["slug"] for one in told["projects"]] == ["shop"]
    assert [one["slug"] for one in told["teams"]] == ["web"]
    assert told["role"] == "owner"
    assert "event:write" in told["access"]
    by_id = api.get(f"/organizations/{organization.pk}/").body
    assert by_id["id"] == told["id"]


def test_projects_are_listed_with_their_teams(
    organization: Organization, project: Project
) -> None:
    member = make_member(organization)
    api = api_of(organization, user=member.user)
    team = organization.teams.create(slug="web", name="Web")
    project.teams.add(team)
    ProjectStar.objects.create(user=member.user, project=project)
    make_project("blog", organization=organization, platform="")
    blog, shop = api.get("/organizations/acme/projects/", cursor="").body
    assert (blog["slug"], blog["platform"], blog["team"]) == ("blog", None, None)
    assert (shop["platform"], shop["isBookmarked"]) == ("python", True)
    assert shop["team"] == {"id": str(team.pk), "slug": "web", "name": "Web"}
    assert shop["firstEvent"] is None


def test_short_lists_are_paged(
    api: API, organization: Organization, project: Project
) -> None:
    for slug in ("a", "b"):
        make_project(slug, organization=organization)
    address = "/organizations/acme/projects/"
    first = api.get(address, per_page=2)
    second = api.get(address, per_page=2, cursor=first.next_cursor)
    pages = [[one["slug"] for one in page.body] for page in (first, second)]
    assert pages == [["a", "b"], ["shop"]]
    assert (first.previous_cursor, second.next_cursor) == (None, None)
    back = api.get(address, per_page=2, cursor=second.previous_cursor)
    assert [one["slug"] for one in back.body] == ["a", "b"]
    assert api.get(address, cursor=second.links["next"]["cursor"]).body == []
    assert api.get(address, cursor="x").status == 400


def test_a_project_is_named_by_slug_or_id(api: API, project: Project) -> None:
    told = api.get("/projects/acme/shop/").body
    assert told["organization"]["slug"] == "acme"
    assert api.get(f"/projects/acme/{project.pk}/").body == told


def test_teams(api: API, organization: Organization) -> None:
    member = make_member(organization)
    organization.teams.create(slug="web", name="Web").members.add(member)
    organization.teams.create(slug="app", name="App")
    own = api_of(organization, user=member.user)
    app, web = own.get("/organizations/acme/teams/").body
    assert (app["isMember"], app["memberCount"]) == (False, 0)
    assert (web["isMember"], web["memberCount"]) == (True, 1)


def test_keys_are_told_with_their_dsn(api: API, project: Project) -> None:
    key = project.keys.get()
    (told,) = api.get(KEYS).body
    host = settings.PUBLIC_URL.removeprefix("http://")
    assert told["id"] == told["public"] == key.public_key
    assert told["dsn"]["public"] == f"http://{key.public_key}@{host}/{project.pk}"
    assert f"{key.public_key}:{key.secret_key}@" in told["dsn"]["secret"]
    assert (told["isActive"], told["rateLimit"]) == (True, None)


def test_a_key_is_made(api: API, project: Project) -> None:
    limit = {"count": 100, "window": 60}
    answer = api.post(KEYS, {"name": "Mobile", "rateLimit": limit})
    assert answer.status == 201
    assert (answer.body["name"], answer.body["rateLimit"]) == ("Mobile", limit)
    info = load_key(answer.body["public"])
    assert info is not None
    assert info.project_id == project.pk
    assert (info.limits[0].reason, info.limits[0].count) == ("key", 100)
    assert api.post(KEYS, {}).body["name"] == "Default"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x" * 65},
        {"rateLimit": {"count": -1, "window": 60}},
        {"rateLimit": {"count": 1}},
        {"rateLimit": 5},
        {"name": "\0"},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    api: API, project: Project, body: object
) -> None:
    assert api.post(KEYS, body).status == 400
    assert ProjectKey.objects.filter(project=project).count() == 1
