"""The doors: sign-in, sign-out, closed sign-up, passwords by link and by hand."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from projects.accounts import set_password_link
from projects.models import Role, User
from tests.factories import make_organization
from tests.people import PASSWORD, make_member, make_user, signed_in

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
NEW_PASSWORD = "another long password"


@pytest.fixture(autouse=True)
def _forget_earlier_tries() -> None:
    """Limits of sign-in count in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def user() -> User:
    return make_user("ada@example.com", password=PASSWORD)


def path_of(link: str, settings: Settings) -> str:
    assert link.startswith(settings.PUBLIC_URL)
    return link.removeprefix(settings.PUBLIC_URL)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def choose_password(client: Client, path: str, password: str) -> None:
    page = client.get(path, follow=True)
    address = page.request["PATH_INFO"]
    client.post(address, {"password1": password, "password2": password})


def test_the_address_and_password_open_whatever_the_case(user: User) -> None:
    client = Client()
    response = client.post(LOGIN, {"login": "ADA@example.com", "password": PASSWORD})
    assert response.headers["Location"] == "/"
    assert is_signed_in(client)


def test_the_fields_are_named_in_the_readers_language() -> None:
    page = Client().get(LOGIN).content.decode()
    named = re.findall(r"<label[^>]*>(?:<input[^>]*>)?([^<]+)", page)
    assert named == ["Email address", "Password", "Stay signed in"]
    page = Client().get(LOGIN, headers={"Accept-Language": "zh-hans"}).content.decode()
    named = re.findall(r"<label[^>]*>(?:<input[^>]*>)?([^<]+)", page)
    assert named == ["邮箱地址", "密码", "保持登录"]


def test_after_sign_in_one_is_where_one_wanted_to_go(user: User) -> None:
    form = {"login": user.email, "password": PASSWORD, "next": "/profile/"}
    assert Client().post(LOGIN, form).headers["Location"] == "/profile/"
    form["next"] = "https://evil.example/"
    assert Client().post(LOGIN, form).headers["Location"] == "/"


def test_a_wrong_password_says_so_beside_the_form(user: User) -> None:
    client = Client()
    response = client.post(LOGIN, {"login": user.email, "password": "wrong"})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not is_signed_in(client)


def test_guessing_is_stopped(user: User) -> None:
    client = Client()
    for _ in range(5):
        client.post(LOGIN, {"login": user.email, "password": "wrong"})
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert not is_signed_in(client)


def test_nobody_signs_up() -> None:
    assert Client().get("/accounts/signup/").status_code == 404


def test_unused_pages_of_the_library_do_not_exist(user: User) -> None:
    for page in ("email/", "confirm-email/", "reauthenticate/", "login/code/"):
        assert signed_in(user).get(f"/accounts/{page}").status_code == 404, page


def test_log_out_asks_when_only_looked_at(user: User) -> None:
    client = signed_in(user)
    assert client.get("/accounts/logout/").status_code == 200
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


def test_a_link_lets_a_new_member_choose_a_password_once(settings: Settings) -> None:
    new = make_member(make_organization(), Role.MEMBER).user
    path = path_of(set_password_link(new), settings)
    client = Client()
    choose_password(client, path, NEW_PASSWORD)
    assert is_signed_in(client)
    new.refresh_from_db()
    assert new.check_password(NEW_PASSWORD)
    assert "This link is spent" in Client().get(path).content.decode()


def test_a_weak_password_is_refused(settings: Settings) -> None:
    new = make_member(make_organization(), Role.MEMBER).user
    choose_password(Client(), path_of(set_password_link(new), settings), "12345")
    new.refresh_from_db()
    assert not new.has_usable_password()


def test_a_forged_link_opens_nothing(user: User) -> None:
    page = Client().get("/accounts/password/reset/key/1-abc-def/")
    assert "This link is spent" in page.content.decode()


def test_the_reset_mail_links_to_our_address_whatever_the_host(
    user: User, settings: Settings
) -> None:
    Client().post(
        "/accounts/password/reset/",
        {"email": user.email},
        headers={"host": "evil.example"},
    )
    (message,) = mail.outbox
    assert "evil.example" not in str(message.body)
    found = re.search(r"http\S+", str(message.body))
    assert found is not None
    client = Client()
    choose_password(client, path_of(found[0], settings), NEW_PASSWORD)
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_an_unknown_address_gets_no_mail_and_the_same_page(user: User) -> None:
    address = "/accounts/password/reset/"
    known = Client().post(address, {"email": user.email})
    unknown = Client().post(address, {"email": "nobody@example.com"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert [message.to for message in mail.outbox] == [[user.email]]


def test_a_password_is_changed_by_who_knows_the_old_one(user: User) -> None:
    client = signed_in(user)
    address = "/accounts/password/change/"
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(address, {"oldpassword": "wrong", **form}).status_code == 200
    response = client.post(address, {"oldpassword": PASSWORD, **form})
    assert response.headers["Location"] == "/profile/"
    assert is_signed_in(client)


def test_who_is_barred_cannot_sign_in(user: User) -> None:
    user.is_active = False
    user.save()
    client = Client()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD}, follow=True)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "page",
    ["login/", "password/reset/", "password/reset/done/", "inactive/"],
)
def test_pages_before_sign_in_are_ours(page: str) -> None:
    text = Client().get(f"/accounts/{page}").content.decode()
    assert 'class="appbar"' in text
    assert "panel gate" in text


def test_the_admin_site_signs_in_by_the_same_door() -> None:
    response = Client().get("/admin/login/?next=/admin/")
    assert response.headers["Location"].startswith(LOGIN)
