"""People choose what they are mailed, and stop it from a mail without signing in."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from alerts import stopping, wishes
from alerts.models import Kind
from issues.models import Issue, Subscription
from projects.models import User
from tests.factories import make_issue, make_organization, make_project
from tests.people import signed_in
from tests.telling import deliver, follower, happened

pytestmark = pytest.mark.django_db

PAGE = "/profile/notifications/"
EVERYTHING = [kind.value for kind in Kind]


@pytest.fixture
def issue() -> Issue:
    return make_issue(make_project("shop", organization=make_organization("acme")))


@pytest.fixture
def ann(issue: Issue) -> User:
    return follower(issue)


def ticked(page: str) -> set[str]:
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
    return {
        found[1]
        for box in boxes
        if "checked" in box and (found := re.search(r'value="([^"]+)"', box))
    }


def stop_path(settings: Settings) -> str:
    (message,) = mail.outbox
    header = str(message.message()["List-Unsubscribe"])
    return header.strip("<>").removeprefix(settings.PUBLIC_URL)


def test_at_first_everything_is_wanted_but_own_doing(issue: Issue, ann: User) -> None:
    page = signed_in(ann).get(PAGE).content.decode()
    assert ticked(page) == {*EVERYTHING, str(issue.project.pk)}


def test_what_is_saved_holds(issue: Issue, ann: User) -> None:
    client = signed_in(ann)
    form = {"kinds": ["assigned", "mentioned"], "wants_own": "on"}
    assert client.post(PAGE, form).headers["Location"] == PAGE
    assert ticked(client.get(PAGE).content.decode()) == {"assigned", "mentioned"}
    wish = wishes.wish_of(ann)
    assert wish.unwanted == set(EVERYTHING) - {"assigned", "mentioned"}
    assert wish.wants_own
    assert wish.muted_project_ids == {issue.project.pk}


def test_only_own_projects_are_offered_and_taken(ann: User) -> None:
    other = make_project("secret")
    client = signed_in(ann)
    assert "Secret" not in client.get(PAGE).content.decode()
    form = {"kinds": EVERYTHING, "projects": [str(other.pk)]}
    assert "fld-err" in client.post(PAGE, form).content.decode()


def test_what_no_kind_is_called_is_refused(ann: User) -> None:
    page = signed_in(ann).post(PAGE, {"kinds": ["everything"]}).content.decode()
    assert "fld-err" in page


def test_that_no_mail_leaves_is_said(ann: User, settings: Settings) -> None:
    assert "This server sends no mails yet" in signed_in(ann).get(PAGE).content.decode()
    settings.IS_MAIL_ON = True
    page = signed_in(ann).get(PAGE).content.decode()
    assert "This server sends no mails yet" not in page


def test_one_click_unsubscribes_from_the_issue(
    issue: Issue, ann: User, settings: Settings
) -> None:
    happened(issue)
    deliver()
    strict = Client(enforce_csrf_checks=True)
    form = {"List-Unsubscribe": "One-Click"}
    assert strict.post(stop_path(settings), form).status_code == 200
    happened(issue)
    deliver()
    assert len(mail.outbox) == 1
    assert not Subscription.objects.get(user=ann).is_active


def test_looking_at_the_link_changes_nothing(
    issue: Issue, ann: User, settings: Settings
) -> None:
    happened(issue)
    deliver()
    page = Client().get(stop_path(settings)).content.decode()
    assert "No more mails about SHOP-1?" in page
    assert Subscription.objects.get(user=ann).is_active


def test_a_link_about_everything_stops_everything(
    ann: User, settings: Settings
) -> None:
    path = stopping.link(ann, None).removeprefix(settings.PUBLIC_URL)
    assert "No more mails about any issue?" in Client().get(path).content.decode()
    Client().post(path)
    assert wishes.wish_of(ann).unwanted == set(EVERYTHING)


def test_a_link_is_of_its_reader_only(issue: Issue, ann: User) -> None:
    bob = follower(issue)
    Client().post("/" + stopping.link(ann, issue).split("/", 3)[3])
    active = Subscription.objects.filter(is_active=True)
    assert [row.user for row in active] == [bob]


@pytest.mark.parametrize("token", ["x", "WzEsMV0:1abc:forged"])
def test_a_forged_link_stops_nothing(ann: User, token: str) -> None:
    answer = Client().post(f"/notifications/stop/{token}/")
    assert answer.status_code == 404
    assert "not one of ours" in answer.content.decode()
    assert Subscription.objects.get(user=ann).is_active
