"""The pages of members and teams."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from projects.models import Membership, Organization, Role, User
from tests.factories import make_organization, make_project
from tests.people import client_of, make_member, make_user

pytestmark = pytest.mark.django_db


def role_of(user: User, organization: Organization) -> str:
    return Membership.objects.get(user=user, organization=organization).role


def test_a_new_address_gets_a_link_to_hand_over(
    organization: Organization, settings: Settings
) -> None:
    admin = client_of(organization, Role.ADMIN)
    form = {"email": "new@example.com", "role": "member"}
    response = admin.post("/o/acme/members/", form)
    assert f"{settings.PUBLIC_URL}/accounts/password/reset/key/" in (
        response.content.decode()
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert role_of(User.objects.get(email="new@example.com"), organization) == "member"


def test_somebody_known_is_added_without_a_link(organization: Organization) -> None:
    known = make_user("known@example.com", password="long enough here")
    admin = client_of(organization, Role.ADMIN)
    form = {"email": "known@example.com", "role": "viewer"}
    assert admin.post("/o/acme/members/", form).status_code == 302
    assert role_of(known, organization) == "viewer"


def test_adding_somebody_twice_says_so_beside_the_field(
    organization: Organization,
) -> None:
    member = make_member(organization, Role.MEMBER)
    admin = client_of(organization, Role.ADMIN)
    form = {"email": member.user.email, "role": "viewer"}
    page = admin.post("/o/acme/members/", form).content.decode()
    assert "is a member already" in page


def test_an_admin_cannot_make_owners(organization: Organization) -> None:
    admin = client_of(organization, Role.ADMIN)
    form = {"email": "new@example.com", "role": "owner"}
    assert admin.post("/o/acme/members/", form).status_code == 200
    assert not User.objects.filter(email="new@example.com").exists()


def test_roles_change_and_members_go(organization: Organization) -> None:
    member = make_member(organization, Role.MEMBER)
    owner = client_of(organization, Role.OWNER)
    owner.post(f"/o/acme/members/{member.pk}/role/", {"role": "viewer"})
    assert role_of(member.user, organization) == "viewer"
    owner.post(f"/o/acme/members/{member.pk}/remove/")
    assert not Membership.objects.filter(pk=member.pk).exists()


def test_the_last_owner_is_told_why_nothing_changed(
    organization: Organization,
) -> None:
    owner = client_of(organization, Role.OWNER)
    only = Membership.objects.get(role=Role.OWNER)
    for do in ("role", "remove"):
        response = owner.post(
            f"/o/acme/members/{only.pk}/{do}/", {"role": "viewer"}, follow=True
        )
        assert "last owner" in response.content.decode()
    assert role_of(only.user, organization) == "owner"


def test_no_link_for_who_also_belongs_elsewhere(organization: Organization) -> None:
    member = make_member(organization, Role.MEMBER)
    make_member(make_organization(), user=member.user)
    owner = client_of(organization, Role.OWNER)
    response = owner.post(f"/o/acme/members/{member.pk}/link/", follow=True)
    assert "/accounts/password/reset/key/" not in response.content.decode()


def test_the_page_costs_the_same_for_two_members_and_for_twenty(
    organization: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    viewer = client_of(organization, Role.VIEWER)
    for _ in range(20):
        make_member(organization, Role.MEMBER)
    with django_assert_max_num_queries(6):
        assert viewer.get("/o/acme/members/").status_code == 200


def test_a_team_holds_members_and_projects_of_its_organization(
    organization: Organization,
) -> None:
    owner = client_of(organization, Role.OWNER)
    member = make_member(organization, Role.MEMBER)
    project = make_project(organization=organization)
    foreign = make_project()
    response = owner.post("/o/acme/teams/", {"name": "Web Shop"})
    assert response.headers["Location"] == "/o/acme/teams/web-shop/"
    team = organization.teams.get()
    form = {"name": "Shop", "members": [member.pk], "projects": [project.pk]}
    owner.post("/o/acme/teams/web-shop/", form)
    team.refresh_from_db()
    assert team.name == "Shop"
    assert list(team.members.all()) == [member]
    assert list(team.projects.all()) == [project]
    form["projects"] = [foreign.pk]
    assert owner.post("/o/acme/teams/web-shop/", form).status_code == 200
    assert list(team.projects.all()) == [project]


def test_a_deleted_team_takes_nobody_along(organization: Organization) -> None:
    owner = client_of(organization, Role.OWNER)
    owner.post("/o/acme/teams/", {"name": "Web"})
    owner.post("/o/acme/teams/web/delete/")
    assert not organization.teams.exists()
    assert organization.memberships.count() == 1
