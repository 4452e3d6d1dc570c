"""Who may see and change what: every page and API call asks here first."""

from __future__ import annotations

from enum import IntEnum

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from projects.models import Membership, Organization, Project, Role, User


class Permission(IntEnum):
    """What a role allows; each allows what stands before it."""

    READ = 0
    TRIAGE = 1
    MANAGE = 2
    OWN = 3


_ROLE_PERMISSION = {
    Role.VIEWER: Permission.READ,
    Role.MEMBER: Permission.TRIAGE,
    Role.ADMIN: Permission.MANAGE,
    Role.OWNER: Permission.OWN,
}


def permission_of(role: str) -> Permission:
    """The highest permission that the role gives."""
    return _ROLE_PERMISSION[Role(role)]


def signed_in(request: HttpRequest) -> User:
    """Who asks, in a view behind `login_required`."""
    assert isinstance(request.user, User), "the view needs login_required"
    return request.user


def membership_for(user: User | AnonymousUser, slug: str) -> Membership:
    """The user's place in the organization. Raises Http404 for strangers."""
    if not user.is_authenticated:
        raise Http404
    for place in user.places:
        if place.organization.slug == slug:
            return place
    raise Http404


def project_for(
    user: User | AnonymousUser, org_slug: str, project_slug: str
) -> Project:
    """The project, if the user is a member of its organization.

    Its `organization` is loaded. Raises Http404 otherwise.
    """
    if not user.is_authenticated:
        raise Http404
    project = (
        _living_projects()
        .select_related("organization")
        .filter(
            slug=project_slug,
            organization__slug=org_slug,
            organization__memberships__user=user,
        )
        .first()
    )
    if project is None:
        raise Http404
    return project


def projects_of(organization: Organization) -> QuerySet[Project]:
    """The organization's projects by name, whoever asks."""
    return _living_projects().filter(organization=organization).order_by("name", "id")


def projects_of_user(user: User) -> QuerySet[Project]:
    """All projects that the user may see, with their organizations, by name."""
    mine = _living_projects().filter(organization__memberships__user=user)
    by_name = ("organization__name", "organization_id", "name", "pk")
    return mine.select_related("organization").order_by(*by_name)


def role_of(user: User | AnonymousUser, organization: Organization) -> Role:
    """The user's role in the organization. Raises Http404 for strangers."""
    role = None
    if user.is_authenticated:
        role = (
            Membership.objects.filter(user=user, organization=organization)
            .values_list("role", flat=True)
            .first()
        )
    if role is None:
        raise Http404
    return Role(role)


def allows(
    user: User | AnonymousUser, organization: Organization, permission: Permission
) -> bool:
    """Whether the user may. Raises Http404 for strangers."""
    return permission_of(role_of(user, organization)) >= permission


def require(
    user: User | AnonymousUser, organization: Organization, permission: Permission
) -> None:
    """Raises PermissionDenied for members who may not, Http404 for strangers."""
    require_role(role_of(user, organization), permission)


def require_role(role: str, permission: Permission) -> None:
    """Raises PermissionDenied when the role does not allow it."""
    if permission_of(role) < permission:
        raise PermissionDenied(str(_NEEDED[permission]))


def may_operate(user: User | AnonymousUser) -> bool:
    """Whether the user runs this server: a superuser, or who set it up.

    That is an owner of the organization that was made first.
    """
    if not user.is_authenticated:
        return False
    if user.is_superuser:
        return True
    first = Organization.objects.order_by("pk").values("pk")[:1]
    return Membership.objects.filter(
        user=user, organization__in=first, role=Role.OWNER
    ).exists()


def may_link_password(by: Membership, of: Membership) -> bool:
    """Whether `by` may make a link at which `of` chooses a password.

    Who holds the link signs in as that user, everywhere: so the user must belong to
    this organization only and not rank above. Once there is a password, replacing
    it takes an owner.
    """
    if permission_of(by.role) < max(Permission.MANAGE, permission_of(of.role)):
        return False
    if of.user.has_usable_password() and by.role != Role.OWNER:
        return False
    if of.user.is_superuser and not by.user.is_superuser:
        return False
    elsewhere = Membership.objects.filter(user=of.user).exclude(pk=of.pk)
    return not elsewhere.exists()


_NEEDED = {
    Permission.READ: _("You need to be a member of this organization."),
    Permission.TRIAGE: _("You need to be a member: viewers can only read."),
    Permission.MANAGE: _("You need to be an admin or owner."),
    Permission.OWN: _("You need to be an owner."),
}


def _living_projects() -> QuerySet[Project]:
    return Project.objects.filter(deleted_at__isnull=True)
