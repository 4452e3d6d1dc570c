"""Who belongs to an organization, and with which role."""

from __future__ import annotations

from django.db import transaction

from projects.access import permission_of
from projects.departures import say_farewell
from projects.errors import AlreadyMember, LastOwner, RoleTooHigh
from projects.models import Membership, Organization, Role, User


def add_member(
    organization: Organization, *, email: str, role: Role, by: Role
) -> tuple[Membership, bool]:
    """The new membership, and whether a new user was made for it.

    Raises AlreadyMember; RoleTooHigh when `by`, the adder's role, is below `role`.
    """
    _require_rank(by, role)
    address = email.strip().lower()
    with transaction.atomic():
        user = User.objects.filter(email__iexact=address).first()
        is_new = user is None
        if user is None:
            user = User.objects.create_user(address)
        membership, is_added = Membership.objects.get_or_create(
            organization=organization, user=user, defaults={"role": role}
        )
    if not is_added:
        raise AlreadyMember
    return membership, is_new


def change_role(membership: Membership, role: Role, *, by: Role) -> None:
    """Raises RoleTooHigh and LastOwner."""
    _require_rank(by, Role(membership.role))
    _require_rank(by, role)
    with transaction.atomic():
        if role != Role.OWNER:
            _require_another_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove_member(
    membership: Membership, *, by: Role, user: User | None = None
) -> None:
    """Ends the membership; the user's tokens for the organization go with it.

    `user`: who does it. Raises RoleTooHigh and LastOwner.
    """
    _require_rank(by, Role(membership.role))
    with transaction.atomic():
        _require_another_owner(membership)
    say_farewell(membership, user)
    with transaction.atomic():
        _require_another_owner(membership)
        membership.user.api_tokens.filter(organization=membership.organization).delete()
        membership.delete()


def _require_rank(by: Role, role: Role) -> None:
    if permission_of(by) < permission_of(role):
        raise RoleTooHigh


def _require_another_owner(membership: Membership) -> None:
    """Raises LastOwner; locks the owners, so that two can't leave at once."""
    owners = Membership.objects.select_for_update().filter(
        organization_id=membership.organization_id, role=Role.OWNER
    )
    if {owner.pk for owner in owners.order_by("pk")} == {membership.pk}:
        raise LastOwner
