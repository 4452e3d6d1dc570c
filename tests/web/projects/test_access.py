"""Every address of this room: who may see it, who may not, who must sign in."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from projects import urls
from projects.models import APIToken, Organization, Project, Role, Team
from projects.tokens import create_token
from tests.factories import make_organization, make_project
from tests.people import client_of, make_member, make_user, signed_in

pytestmark = pytest.mark.django_db

# What the least of the roles that may go there is; POST is named where it differs.
GET: dict[str, str] = {
    "projects": Role.VIEWER,
    "organization": Role.OWNER,
    "project_new": Role.ADMIN,
    "members": Role.VIEWER,
    "member_remove": Role.ADMIN,
    "teams": Role.VIEWER,
    "team": Role.ADMIN,
    "team_delete": Role.ADMIN,
    "tokens": Role.VIEWER,
    "token_revoke": Role.ADMIN,
    "setup": Role.VIEWER,
    "setup_status": Role.VIEWER,
    "settings": Role.ADMIN,
    "project_delete": Role.ADMIN,
    "keys": Role.ADMIN,
    "key_delete": Role.ADMIN,
    "filters": Role.ADMIN,
    "limits": Role.ADMIN,
    "scrubbing": Role.ADMIN,
    "organization_limits": Role.OWNER,
    "organization_scrubbing": Role.OWNER,
}
POST: dict[str, str] = {
    "organization": Role.OWNER,
    "project_new": Role.ADMIN,
    "members": Role.ADMIN,
    "member_role": Role.ADMIN,
    "member_link": Role.ADMIN,
    "member_remove": Role.ADMIN,
    "teams": Role.ADMIN,
    "team": Role.ADMIN,
    "team_delete": Role.ADMIN,
    "tokens": Role.VIEWER,
    "token_revoke": Role.ADMIN,
    "star": Role.VIEWER,
    "settings": Role.ADMIN,
    "project_delete": Role.ADMIN,
    "keys": Role.ADMIN,
    "key_change": Role.ADMIN,
    "key_limit": Role.ADMIN,
    "key_delete": Role.ADMIN,
    "filters": Role.ADMIN,
    "limits": Role.ADMIN,
    "scrubbing": Role.ADMIN,
    "organization_limits": Role.OWNER,
    "organization_scrubbing": Role.OWNER,
    "spikes": Role.ADMIN,
}
# Of the user alone, or of everybody: they have tests of their own.
PERSONAL = {
    *("home", "profile", "address", "address_confirm", "sign_out_elsewhere"),
    *("language", "organization_new"),
}
RANKS = [Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER]


@dataclass
class House:
    """An organization with one of everything that an address can name."""

    organization: Organization
    project: Project
    team: Team
    token: APIToken
    member: int

    def address(self, name: str) -> str:
        known = {
            "org": self.organization.slug,
            "project": self.project.slug,
            "team": self.team.slug,
            "token": self.token.pk,
            "member": self.member,
            "key": self.project.keys.get().pk,
        }
        (pattern,) = (each for each in urls.urlpatterns if each.name == name)
        wanted = pattern.pattern.converters
        return reverse(f"projects:{name}", kwargs={key: known[key] for key in wanted})


@pytest.fixture
def house() -> House:
    organization = make_organization()
    owner = make_member(organization, Role.OWNER)
    token, _plain = create_token(
        user=owner.user, organization=organization, name="ci", scopes=["event:read"]
    )
    return House(
        organization=organization,
        project=make_project(organization=organization),
        team=Team.objects.create(organization=organization, name="Web", slug="web"),
        token=token,
        member=make_member(organization, Role.MEMBER).pk,
    )


def test_every_address_is_listed_here() -> None:
    names = {pattern.name for pattern in urls.urlpatterns}
    assert names == GET.keys() | POST.keys() | PERSONAL


@pytest.mark.parametrize("name", GET)
def test_members_see_what_their_role_allows(house: House, name: str) -> None:
    for role in RANKS:
        response = client_of(house.organization, role).get(house.address(name))
        is_allowed = RANKS.index(role) >= RANKS.index(Role(GET[name]))
        # Whose token it is, is nobody else's business below an admin.
        refusal = 404 if name == "token_revoke" else 403
        assert response.status_code in ((200, 204) if is_allowed else (refusal,)), role


@pytest.mark.parametrize("name", POST)
def test_members_change_what_their_role_allows(house: House, name: str) -> None:
    for role in RANKS[: RANKS.index(Role(POST[name]))]:
        response = client_of(house.organization, role).post(house.address(name))
        assert response.status_code == (404 if name == "token_revoke" else 403), role
    response = client_of(house.organization, POST[name]).post(house.address(name))
    assert response.status_code in (200, 302)


@pytest.mark.parametrize("name", sorted(GET.keys() | POST.keys()))
def test_strangers_find_nothing(house: House, name: str) -> None:
    stranger = client_of(make_organization(), Role.OWNER)
    response = stranger.post(house.address(name))
    assert response.status_code in ((405,) if name not in POST else (404,))
    if name in GET:
        assert stranger.get(house.address(name)).status_code == 404


@pytest.mark.parametrize("name", sorted(GET.keys() | POST.keys()))
def test_who_is_not_signed_in_is_asked_to(house: House, name: str) -> None:
    for response in (
        Client().get(house.address(name)),
        Client().post(house.address(name)),
    ):
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/?next=")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(POST.keys() - GET.keys()))
def test_nothing_changes_by_reading(house: House, name: str) -> None:
    owner = client_of(house.organization, Role.OWNER)
    assert owner.get(house.address(name)).status_code == 405


@pytest.mark.parametrize("name", POST)
def test_changes_need_the_csrf_token(house: House, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_member(house.organization, Role.OWNER).user)
    response = client.post(house.address(name))
    assert response.status_code == 403
    assert "out of date" in response.content.decode()


def test_an_id_of_another_organization_leads_nowhere(house: House) -> None:
    other = make_organization()
    project = make_project(organization=other)
    owner = client_of(other, Role.OWNER)
    key = house.project.keys.get().pk
    for address in (
        f"/o/{other.slug}/members/{house.member}/remove/",
        f"/o/{other.slug}/tokens/{house.token.pk}/revoke/",
        f"/o/{other.slug}/teams/{house.team.slug}/",
        f"/o/{other.slug}/p/{project.slug}/settings/keys/{key}/delete/",
        f"/o/{other.slug}/p/{house.project.slug}/settings/",
    ):
        assert owner.get(address).status_code == 404, address


def test_a_deleted_project_is_found_by_nobody(house: House) -> None:
    owner = client_of(house.organization, Role.OWNER)
    owner.post(house.address("project_delete"))
    house.project.refresh_from_db()
    assert house.project.deleted_at is not None
    slug = house.organization.slug
    for project in ("project", house.project.slug.lstrip("~")):
        assert owner.get(f"/o/{slug}/p/{project}/setup/").status_code == 404


def test_who_belongs_nowhere_is_told_so() -> None:
    response = signed_in(make_user()).get("/")
    assert "You belong to no organization" in response.content.decode()


def test_the_start_leads_to_the_only_organization_or_offers_the_choice() -> None:
    membership = make_member(make_organization("first"))
    client = signed_in(membership.user)
    assert client.get("/").headers["Location"] == "/o/first/"
    make_member(make_organization("second"), user=membership.user)
    page = client.get("/").content.decode()
    assert "/o/first/" in page
    assert "/o/second/" in page


def test_only_who_runs_the_server_adds_organizations() -> None:
    member = make_member(make_organization())
    client = signed_in(member.user)
    assert client.get("/organizations/new/").status_code == 403
    member.user.is_superuser = True
    member.user.save()
    assert client.get("/organizations/new/").status_code == 200
    response = client.post("/organizations/new/", {"name": "New One"})
    assert response.headers["Location"] == "/o/new-one/"
    assert client.get("/o/new-one/settings/").status_code == 200


def test_anonymous_visitors_reach_only_the_doors() -> None:
    client = Client()
    assert client.get("/").status_code == 302
    assert client.get("/profile/").status_code == 302
    assert client.get("/organizations/new/").status_code == 302
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"
    assert client.get("/favicon.ico").status_code == 302
