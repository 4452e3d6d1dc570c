"""Makes users and members for tests, and clients that are signed in as them."""

from __future__ import annotations

import itertools

from django.test import Client

from projects.models import Membership, Organization, Role, User

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def make_user(email: str = "", *, password: str | None = None) -> User:
    return User.objects.create_user(
        email or f"user-{next(_numbers)}@example.com", password
    )


def make_member(
    organization: Organization, role: str = Role.OWNER, *, user: User | None = None
) -> Membership:
    """A new user with the role in the organization."""
    return Membership.objects.create(
        organization=organization, user=user or make_user(), role=role
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def client_of(organization: Organization, role: str = Role.OWNER) -> Client:
    """A client signed in as a new member with the role."""
    return signed_in(make_member(organization, role).user)
