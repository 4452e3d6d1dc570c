"""A user takes another email address: proved by mail, or at once by the password."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from projects.models import User
from tests.people import PASSWORD, make_user, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/profile/address/"
FORM = {"email": "Ada.New@Example.com", "password": PASSWORD}
NEW = "ada.new@example.com"


@pytest.fixture(autouse=True)
def _forget_earlier_tries() -> None:
    cache.clear()


@pytest.fixture
def user() -> User:
    return make_user("ada@example.com", password=PASSWORD)


@pytest.fixture
def mailing(settings: Settings) -> None:
    settings.IS_MAIL_ON = True


def address_of(user: User) -> str:
    user.refresh_from_db()
    return user.email


def link(settings: Settings) -> str:
    """The path of the link in the last mail."""
    found = re.search(rf"{settings.PUBLIC_URL}(\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_without_mail_the_password_is_enough(user: User) -> None:
    assert signed_in(user).post(PAGE, FORM).headers["Location"] == "/profile/"
    assert address_of(user) == NEW
    assert mail.outbox == []
    client = Client()
    client.post("/accounts/login/", {"login": NEW, "password": PASSWORD})
    assert "_auth_user_id" in client.session


def test_a_wrong_password_changes_nothing(user: User) -> None:
    page = signed_in(user).post(PAGE, FORM | {"password": "wrong"}).content.decode()
    assert "This is not your password." in page
    assert address_of(user) == "ada@example.com"


def test_guessing_the_password_is_stopped(user: User) -> None:
    client = signed_in(user)
    for _ in range(10):
        client.post(PAGE, FORM | {"password": "wrong"})
    assert client.post(PAGE, FORM).status_code == 429
    assert address_of(user) == "ada@example.com"


def test_an_address_of_somebody_is_not_taken(user: User) -> None:
    make_user(NEW)
    page = signed_in(user).post(PAGE, FORM).content.decode()
    assert "This address can&#x27;t be used here." in page
    assert address_of(user) == "ada@example.com"


@pytest.mark.usefixtures("mailing")
def test_with_mail_the_new_address_is_proved_first(
    user: User, settings: Settings
) -> None:
    client = signed_in(user)
    client.post(PAGE, FORM)
    assert mail.outbox[0].to == [NEW]
    path = link(settings)
    assert client.get(path).status_code == 200
    assert address_of(user) == "ada@example.com"
    client.post(path)
    assert address_of(user) == NEW
    assert mail.outbox[1].to == ["ada@example.com"]
    assert NEW in str(mail.outbox[1].body)


@pytest.mark.usefixtures("mailing")
def test_a_link_is_good_once_and_for_who_asked(user: User, settings: Settings) -> None:
    client = signed_in(user)
    client.post(PAGE, FORM)
    path = link(settings)
    other = make_user("eve@example.com")
    assert signed_in(other).post(path).status_code == 404
    assert Client().post(path).headers["Location"].startswith("/accounts/login/")
    assert address_of(other) == "eve@example.com"
    client.post(path)
    assert client.post(path).status_code == 404


@pytest.mark.usefixtures("mailing")
def test_who_has_an_account_is_not_told(user: User) -> None:
    make_user(NEW)
    client = signed_in(user)
    taken = client.post(PAGE, FORM)
    assert mail.outbox == []
    free = client.post(PAGE, FORM | {"email": "free@example.com"})
    assert taken.headers["Location"] == free.headers["Location"]


@pytest.mark.usefixtures("mailing")
def test_an_address_that_was_taken_meanwhile_is_left_to_its_owner(
    user: User, settings: Settings
) -> None:
    client = signed_in(user)
    client.post(PAGE, FORM)
    make_user(NEW)
    page = client.post(link(settings), follow=True).content.decode()
    assert "This address can&#x27;t be used here." in page
    assert address_of(user) == "ada@example.com"


def test_a_forged_link_changes_nothing(user: User) -> None:
    answer = signed_in(user).post("/profile/address/WzEsMV0:1abc:forged/")
    assert answer.status_code == 404
    assert address_of(user) == "ada@example.com"
