"""The first set-up: idempotent, safe to race, and without a stored token."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import Settings

from projects.bootstrap import First, ensure_first
from projects.models import APIToken, Organization, Project, ProjectKey, User
from projects.tokens import SCOPES, hash_of

pytestmark = pytest.mark.django_db


def test_the_first_call_makes_all_that_is_needed() -> None:
    first = ensure_first(email="Owner@Example.com", password="chosen before")
    owner = User.objects.get()
    assert owner.email == first.email == "owner@example.com"
    assert owner.check_password("chosen before")
    assert first.password is None
    assert first.dsn.endswith(f"/{Project.objects.get().pk}")
    assert ProjectKey.objects.get().public_key in first.dsn


def test_a_password_is_made_once_and_told_once() -> None:
    first = ensure_first(email="owner@example.com")
    assert first.password is not None
    assert User.objects.get().check_password(first.password)
    assert ensure_first(email="owner@example.com").password is None


def test_the_second_call_changes_nothing_and_says_the_same() -> None:
    first = ensure_first(email="owner@example.com", password="chosen before")
    again = ensure_first(email="other@example.com", password="something else")
    assert again == first
    assert User.objects.get().check_password("chosen before")


def test_only_a_hash_of_the_token_is_stored() -> None:
    first = ensure_first(email="owner@example.com")
    token = APIToken.objects.get()
    assert bytes(token.token_hash) == hash_of(first.api_token)
    assert tuple(token.scopes) == SCOPES
    assert first.api_token.startswith("sntryu_")
    assert len(first.api_token) == len("sntryu_") + 64


def test_a_revoked_token_does_not_come_back() -> None:
    first = ensure_first(email="owner@example.com")
    APIToken.objects.all().delete()
    again = ensure_first(email="owner@example.com")
    assert again.api_token != first.api_token


def test_another_secret_key_brings_another_token(settings: Settings) -> None:
    first = ensure_first(email="owner@example.com")
    settings.SECRET_KEY = "a new one"
    assert ensure_first(email="owner@example.com").api_token != first.api_token


def test_a_disabled_key_is_not_handed_out() -> None:
    first = ensure_first(email="owner@example.com")
    ProjectKey.objects.update(is_active=False)
    assert ensure_first(email="owner@example.com").dsn != first.dsn


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_make_one_organization() -> None:
    def call(_number: int) -> First:
        try:
            return ensure_first(email="owner@example.com")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(call, range(4)))
    assert Organization.objects.count() == Project.objects.count() == 1
    assert len({first.api_token for first in found}) == 1
    assert sum(first.password is not None for first in found) == 1
