"""Changes to organizations, members, projects and keys keep their rules."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from projects import services, valkey
from projects.access import may_link_password, projects_of
from projects.errors import AlreadyMember, LastOwner, RoleTooHigh
from projects.keys import decode_mirror, mirror_name
from projects.models import Membership, ProjectKey, Role, User
from projects.tokens import create_token
from tests.factories import make_organization, make_project
from tests.people import make_member, make_user

pytestmark = pytest.mark.django_db


def mirrored_active(public_key: str) -> bool:
    """Whether the edge, which reads the mirror, would accept the key."""
    value = valkey.blocking().get(mirror_name(public_key))
    info = decode_mirror(value) if isinstance(value, bytes) else None
    return info is not None and info.is_active


def test_slugs_are_made_unique_in_their_organization() -> None:
    organization = make_organization()
    names = ["Web Shop", "Web shop", "web-shop"]
    made = [
        services.create_project(organization, name=name, platform="python").slug
        for name in names
    ]
    assert made == ["web-shop", "web-shop-2", "web-shop-3"]
    elsewhere = services.create_project(
        make_organization(), name="Web Shop", platform="python"
    )
    assert elsewhere.slug == "web-shop"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("商店", "project"),
        ("2026", "project-2026"),
        ("---", "project"),
        ("a" * 64, "a" * 46),
    ],
)
def test_every_name_gives_a_slug_that_addresses_take(name: str, slug: str) -> None:
    project = services.create_project(make_organization(), name=name, platform="go")
    assert project.slug == slug


def test_a_new_project_has_a_key_that_the_edge_accepts(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        project = services.create_project(make_organization(), name="A", platform="go")
    assert mirrored_active(project.keys.get().public_key)


def test_the_edge_learns_of_disabled_enabled_and_deleted_keys(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    key = make_project().keys.get()
    seen = []
    for change in (services.disable_key, services.enable_key, services.delete_key):
        with django_capture_on_commit_callbacks(execute=True):
            change(key)
        seen.append(mirrored_active(key.public_key))
    assert seen == [False, True, False]


def test_rotation_disables_the_old_key_and_keeps_label_and_limit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    old = make_project().keys.get()
    services.limit_key(old, count=100, window_s=60)
    with django_capture_on_commit_callbacks(execute=True):
        new = services.rotate_key(old)
    assert (new.label, new.rate_limit_count) == (old.label, 100)
    assert mirrored_active(new.public_key)
    assert not mirrored_active(old.public_key)
    assert ProjectKey.objects.filter(pk=old.pk, is_active=False).exists()


def test_the_dsn_keeps_port_and_path_of_the_public_address(
    settings: Settings,
) -> None:
    settings.PUBLIC_URL = "https://example.com:8443/errors"
    key = make_project().keys.get()
    assert services.dsn_of(key) == (
        f"https://{key.public_key}@example.com:8443/errors/{key.project_id}"
    )


def test_a_deleted_project_is_hidden_and_its_keys_are_gone(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    project = make_project("shop")
    public_key = project.keys.get().public_key
    with django_capture_on_commit_callbacks(execute=True):
        services.hide_project(project)
    assert not projects_of(project.organization).exists()
    assert not mirrored_active(public_key)
    again = services.create_project(project.organization, name="shop", platform="go")
    assert again.slug == "shop"


def test_adding_an_address_makes_a_user_who_cannot_sign_in_yet() -> None:
    organization = make_organization()
    added, is_new = services.add_member(
        organization, email="New@Example.com ", role=Role.MEMBER, by=Role.ADMIN
    )
    assert is_new
    assert added.user.email == "new@example.com"
    assert not added.user.has_usable_password()


def test_adding_somebody_known_makes_no_second_user() -> None:
    user = make_user("known@example.com")
    added, is_new = services.add_member(
        make_organization(), email="KNOWN@example.com", role=Role.VIEWER, by=Role.ADMIN
    )
    assert (added.user, is_new) == (user, False)
    with pytest.raises(AlreadyMember):
        services.add_member(
            added.organization, email=user.email, role=Role.OWNER, by=Role.OWNER
        )
    assert Membership.objects.get(user=user).role == Role.VIEWER


def test_nobody_gives_or_takes_more_than_their_own_role() -> None:
    organization = make_organization()
    make_member(organization, Role.OWNER)
    owner = make_member(organization, Role.OWNER)
    member = make_member(organization, Role.MEMBER)
    with pytest.raises(RoleTooHigh):
        services.add_member(
            organization, email="a@example.com", role=Role.OWNER, by=Role.ADMIN
        )
    with pytest.raises(RoleTooHigh):
        services.change_role(member, Role.OWNER, by=Role.ADMIN)
    with pytest.raises(RoleTooHigh):
        services.change_role(owner, Role.VIEWER, by=Role.ADMIN)
    with pytest.raises(RoleTooHigh):
        services.remove_member(owner, by=Role.ADMIN)


def test_the_last_owner_stays() -> None:
    owner = make_member(make_organization(), Role.OWNER)
    with pytest.raises(LastOwner):
        services.change_role(owner, Role.ADMIN, by=Role.OWNER)
    with pytest.raises(LastOwner):
        services.remove_member(owner, by=Role.OWNER)
    services.change_role(owner, Role.OWNER, by=Role.OWNER)


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_leave_at_once() -> None:
    organization = make_organization()
    owners = [make_member(organization, Role.OWNER) for _ in range(2)]

    def leave(owner: Membership) -> bool:
        try:
            services.remove_member(owner, by=Role.OWNER)
        except LastOwner:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        left = list(pool.map(leave, owners))
    assert sorted(left) == [False, True]
    assert organization.memberships.count() == 1


def test_a_removed_member_loses_the_tokens_of_this_organization_only() -> None:
    organization, other = make_organization(), make_organization()
    make_member(organization)
    leaving = make_member(organization, Role.MEMBER)
    make_member(other, user=leaving.user)
    for each in (organization, other):
        create_token(
            user=leaving.user, organization=each, name="t", scopes=["event:read"]
        )
    services.remove_member(leaving, by=Role.OWNER)
    assert leaving.user.api_tokens.get().organization == other


def with_password(membership: Membership) -> Membership:
    membership.user.set_password("correct horse battery")
    membership.user.save()
    return membership


def test_who_may_make_a_link_at_which_a_member_chooses_a_password() -> None:
    organization = make_organization()
    owner, admin, viewer = (
        make_member(organization, role)
        for role in (Role.OWNER, Role.ADMIN, Role.VIEWER)
    )
    new = make_member(organization, Role.MEMBER)
    settled = with_password(make_member(organization, Role.MEMBER))
    assert may_link_password(owner, new)
    assert may_link_password(admin, new)
    assert not may_link_password(viewer, new)
    assert may_link_password(owner, settled)
    assert not may_link_password(admin, settled)
    assert not may_link_password(admin, owner)


def test_no_link_for_who_belongs_elsewhere_too_or_runs_the_server() -> None:
    organization = make_organization()
    owner = make_member(organization, Role.OWNER)
    shared = make_member(organization, Role.MEMBER)
    make_member(make_organization(), user=shared.user)
    root = make_member(
        organization, user=User.objects.create_superuser("root@example.com")
    )
    assert not may_link_password(owner, shared)
    assert not may_link_password(owner, root)


def test_a_star_comes_and_goes() -> None:
    project, user = make_project(), make_user()
    assert services.toggle_star(user, project)
    assert not services.toggle_star(user, project)
