"""API tokens: made on the page, presented to the API, bound and revoked."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from projects.models import APIToken, Membership, Organization, Role
from projects.tokens import (
    SCOPES,
    create_token,
    effective_scopes,
    has_scope,
    hash_of,
    organization_of,
    requires,
    scopes_of_role,
)
from tests.factories import make_organization
from tests.people import make_member, signed_in

pytestmark = pytest.mark.django_db


class Probe(APIView):
    """An endpoint that reads with one scope and writes with another."""

    permission_classes = (requires(read="event:read", write="event:write"),)

    def get(self, request: Request, org: str = "") -> Response:
        organization = organization_of(request, org) if org else None
        return Response({"organization": organization and organization.slug})

    def put(self, request: Request) -> Response:
        return Response({"may_admin": has_scope(request, "event:admin")})


def call(method: str = "get", token: str | None = None, **kwargs: str) -> Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = getattr(APIRequestFactory(), method)("/", headers=headers)
    response = Probe.as_view()(request, **kwargs)
    assert isinstance(response, Response)
    return response


def make_token(
    membership: Membership, *scopes: str, expires_in: timedelta | None = None
) -> str:
    _token, plain = create_token(
        user=membership.user,
        organization=membership.organization,
        name="test",
        scopes=scopes or ["event:read"],
        expires_at=None if expires_in is None else timezone.now() + expires_in,
    )
    return plain


@pytest.fixture
def member() -> Membership:
    return make_member(make_organization("acme"), Role.MEMBER)


def test_a_token_opens_with_and_without_its_prefix(member: Membership) -> None:
    plain = make_token(member)
    assert call(token=plain).status_code == 200
    assert call(token=plain.removeprefix("sntryu_")).status_code == 200


@pytest.mark.parametrize(
    "wrong", ["", "sntryu_", "sntryu_" + "0" * 64, "x" * 64, "0" * 5000, "é"]
)
def test_a_wrong_token_is_refused(member: Membership, wrong: str) -> None:
    make_token(member)
    response = call(token=wrong)
    assert response.status_code == 401
    assert response.data == {"detail": "Invalid token"}
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_token_is_refused() -> None:
    response = call()
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_lacking_scope_is_403(member: Membership) -> None:
    plain = make_token(member, "project:read")
    response = call(token=plain)
    assert response.status_code == 403
    assert set(response.data) == {"detail"}


def test_reading_and_writing_need_their_scopes(member: Membership) -> None:
    plain = make_token(member, "event:read")
    assert call("get", plain).status_code == 200
    assert call("put", plain).status_code == 403


def test_a_scope_contains_the_lesser_ones(member: Membership) -> None:
    plain = make_token(member, "event:admin")
    assert call("get", plain).status_code == 200
    assert call("put", plain).data == {"may_admin": True}


def test_a_token_does_no_more_than_its_users_role_today(member: Membership) -> None:
    plain = make_token(member, "event:admin")
    member.role = Role.VIEWER
    member.save()
    assert call("get", plain).status_code == 200
    assert call("put", plain).status_code == 403


def test_a_token_is_bound_to_its_organization(member: Membership) -> None:
    plain = make_token(member)
    other = make_organization()
    make_member(other, user=member.user)
    assert call(token=plain, org="acme").data == {"organization": "acme"}
    assert call(token=plain, org=str(member.organization.pk)).status_code == 200
    assert call(token=plain, org=other.slug).status_code == 404


def test_tokens_of_people_who_left_were_barred_or_let_them_expire_are_refused(
    member: Membership,
) -> None:
    expired = make_token(member, expires_in=timedelta(seconds=-1))
    fresh = make_token(member, expires_in=timedelta(days=1))
    assert call(token=expired).status_code == 401
    assert call(token=fresh).status_code == 200
    member.user.is_active = False
    member.user.save()
    assert call(token=fresh).status_code == 401
    member.user.is_active = True
    member.user.save()
    member.delete()
    assert call(token=fresh).status_code == 401


def test_the_last_use_is_written_at_most_once_a_minute(member: Membership) -> None:
    plain = make_token(member)
    call(token=plain)
    first = APIToken.objects.get().last_used_at
    call(token=plain)
    assert APIToken.objects.get().last_used_at == first
    APIToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    call(token=plain)
    last = APIToken.objects.get().last_used_at
    assert first is not None
    assert last is not None
    assert last > first


def test_each_role_has_the_scopes_of_the_lesser_ones() -> None:
    sets = [set(scopes_of_role(role)) for role in Role.values]
    assert sets == sorted(sets, key=len)
    assert all(lesser < greater for lesser, greater in itertools.pairwise(sets))
    assert sets[-1] == set(SCOPES)
    assert effective_scopes(["org:admin"], Role.VIEWER) == {"org:read"}


def page_of(organization: Organization) -> str:
    return f"/o/{organization.slug}/tokens/"


def test_the_page_shows_a_new_token_once_and_stores_its_hash(
    member: Membership,
) -> None:
    client = signed_in(member.user)
    address = page_of(member.organization)
    response = client.post(
        address, {"name": "ci", "scopes": ["event:read"], "days": "30"}
    )
    plain = response.context["plain"]
    token = APIToken.objects.get()
    assert plain in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert bytes(token.token_hash) == hash_of(plain)
    assert token.expires_at is not None
    assert plain not in client.get(address).content.decode()
    assert call(token=plain).status_code == 200


def test_the_page_gives_no_scope_above_the_role(member: Membership) -> None:
    client = signed_in(member.user)
    form = {"name": "ci", "scopes": ["org:admin"], "days": "0"}
    assert client.post(page_of(member.organization), form).status_code == 200
    assert not APIToken.objects.exists()


def test_members_see_their_own_tokens_admins_all(member: Membership) -> None:
    make_token(member)
    other = make_member(member.organization, Role.MEMBER)
    admin = make_member(member.organization, Role.ADMIN)
    address = page_of(member.organization)
    assert list(signed_in(other.user).get(address).context["tokens"]) == []
    assert len(signed_in(admin.user).get(address).context["tokens"]) == 1


def test_a_revoked_token_is_refused(member: Membership) -> None:
    plain = make_token(member)
    token = APIToken.objects.get()
    client = signed_in(member.user)
    client.post(f"{page_of(member.organization)}{token.pk}/revoke/")
    assert call(token=plain).status_code == 401
