"""Links to choose a new password go by mail, through a server that checks who sends."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from projects.models import User
from tests import mailing
from tests.people import make_user

pytestmark = pytest.mark.django_db

RESET = "/accounts/password/reset/"


@pytest.fixture(autouse=True)
def _forget_earlier_tries() -> None:
    cache.clear()


@pytest.fixture
def user() -> User:
    return make_user("ada@example.com", password="correct horse battery")


def test_a_new_password_is_asked_for_by_mail(
    user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mailing.CERTIFICATE))
    settings.DEFAULT_FROM_EMAIL = "Errors <errors@example.com>"
    with mailing.served(is_secure=True) as mailbox:
        mailing.use(settings, mailbox.port)
        settings.EMAIL_USE_TLS = True
        settings.EMAIL_HOST_USER = mailing.USER
        settings.EMAIL_HOST_PASSWORD = mailing.PASSWORD
        Client().post(RESET, {"email": user.email})
    assert (mailbox.to, mailbox.users) == (["ada@example.com"], [mailing.USER])
    assert mailbox.was_encrypted == [True]
    (letter,) = mailbox.letters
    assert letter["From"] == "Errors <errors@example.com>"
    link = re.search(rf"{settings.PUBLIC_URL}(\S+)", letter.get_content())
    assert link is not None
    page = Client().get(link[1], follow=True)
    assert 'name="password1"' in page.content.decode()


def test_a_server_with_a_certificate_of_nobody_is_given_nothing(
    user: User, settings: Settings
) -> None:
    with mailing.served(is_secure=True) as mailbox:
        mailing.use(settings, mailbox.port)
        settings.EMAIL_USE_TLS = True
        answer = Client().post(RESET, {"email": user.email})
    assert answer.status_code == 302
    assert mailbox.letters == []


def test_a_dead_mail_server_shows_the_same_page(user: User, settings: Settings) -> None:
    mailing.use(settings, mailing.free_port())
    known = Client().post(RESET, {"email": user.email})
    unknown = Client().post(RESET, {"email": "nobody@example.com"})
    assert known.headers["Location"] == unknown.headers["Location"]
