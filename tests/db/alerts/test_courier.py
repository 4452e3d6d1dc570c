"""Mails leave through a real server: once each, and later where it is away."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from alerts import counts, courier, tasks
from alerts.counts import Outcome
from alerts.models import Notice
from issues import comments
from issues.models import Activity, Issue, Status
from issues.operations import Selection, apply, status, undo
from issues.subscriptions import set_subscribed
from issues.triage import set_status
from projects import valkey
from projects.models import Membership, User
from tests import mailing
from tests.factories import make_exception, make_issue, make_project
from tests.mailing import Mailbox
from tests.people import make_member
from tests.telling import claim, deliver, follower, happened, make_due


@pytest.fixture(autouse=True)
def _empty_valkey() -> None:
    valkey.blocking().flushdb()


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mailing.served() as box:
        mailing.use(settings, box.port)
        yield box


def other_issue(issue: Issue, name: str) -> Issue:
    return make_issue(
        issue.project, exception={"values": [make_exception(function=name)]}
    )


def test_a_mail_leaves_once(issue: Issue, ann: User, mailbox: Mailbox) -> None:
    happened(issue)
    deliver()
    deliver()
    assert mailbox.to == [ann.email]
    assert not Notice.objects.exists()
    assert counts.read()[Outcome.SENT] == 1


def test_nothing_leaves_before_it_is_due(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    happened(issue)
    claim()
    courier.deliver()
    assert mailbox.letters == []


def test_several_happenings_of_an_issue_are_one_mail(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    happened(issue, "set_regression", release="2.0")
    happened(issue, "set_escalating", count=40, forecast=10)
    deliver()
    (letter,) = mailbox.letters
    text = letter.get_body(("plain",))
    assert text is not None
    assert "Regressed in 2.0" in text.get_content()
    assert "Escalating: 40 events in an hour" in text.get_content()


def test_many_issues_are_told_of_in_one_mail(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    for number in range(11):
        one = other_issue(issue, f"function{number}")
        set_subscribed([one.pk], ann, True)
        happened(one)
    deliver()
    (letter,) = mailbox.letters
    assert letter["Subject"] == "11 issues that you follow"
    assert counts.read()[Outcome.SENT] == 1


@pytest.mark.parametrize("lost", ["membership", "subscription", "comment", "issue"])
def test_what_is_not_for_him_any_more_does_not_leave(
    issue: Issue, ann: User, mailbox: Mailbox, lost: str
) -> None:
    author = make_member(issue.project.organization).user
    comment = comments.add(issue, "Look", author)
    claim()
    match lost:
        case "membership":
            Membership.objects.get(user=ann).delete()
        case "subscription":
            set_subscribed([issue.pk], ann, False)
        case "comment":
            comment.delete()
        case "issue":
            set_status([issue.pk], Status.DELETED, user=None)
    make_due()
    courier.deliver()
    assert mailbox.letters == []
    assert not Notice.objects.exists()


def test_what_was_undone_at_once_is_not_told(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    bob = make_member(issue.project.organization).user
    selection = Selection.of(issue.project.organization, [issue.project], [issue.pk])
    done = apply(selection, status.ignore(), user=bob)
    undo(done, user=bob)
    assert Activity.objects.filter(kind__startswith="set_").count() == 2
    deliver()
    assert mailbox.letters == []


def test_while_the_server_is_away_mails_wait(
    issue: Issue, ann: User, settings: Settings
) -> None:
    with mailing.served() as mailbox:
        port = mailbox.port
    mailing.use(settings, port)
    happened(issue)
    deliver()
    notice = Notice.objects.get()
    wait = notice.due_at - timezone.now()
    assert timedelta(seconds=50) < wait <= timedelta(minutes=1)
    assert counts.read()[Outcome.PUT_OFF] == 1
    with mailing.served() as back:
        mailing.use(settings, back.port)
        make_due()
        courier.deliver()
    assert back.to == [ann.email]


def test_each_try_waits_longer(issue: Issue, ann: User, settings: Settings) -> None:
    mailing.use(settings, mailing.free_port())
    happened(issue)
    claim()
    Notice.objects.update(tries=4)
    make_due()
    courier.deliver()
    assert Notice.objects.get().due_at - timezone.now() > timedelta(minutes=15)


def test_after_a_day_a_mail_is_given_up(
    issue: Issue, ann: User, settings: Settings
) -> None:
    mailing.use(settings, mailing.free_port())
    happened(issue)
    claim()
    Notice.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    make_due()
    # No worker ran for a day: it is tried once at least.
    courier.deliver()
    assert Notice.objects.get().tries == 1
    courier.deliver()
    assert not Notice.objects.exists()
    assert counts.read()[Outcome.GIVEN_UP] == 1


def test_a_refused_address_holds_up_nobody(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    bob = follower(issue, "bob@acme.example")
    mailbox.answers.append("550 no such user")
    happened(issue)
    deliver()
    assert len(mailbox.to) == 1
    assert set(mailbox.to) < {ann.email, bob.email}
    assert not Notice.objects.exists()
    assert counts.read()[Outcome.GIVEN_UP] == 1


def test_a_mailbox_that_is_busy_is_tried_again(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    mailbox.answers.append("450 try later")
    happened(issue)
    deliver()
    assert Notice.objects.get().tries == 1
    make_due()
    courier.deliver()
    assert mailbox.to == [ann.email]


def test_what_a_killed_process_had_taken_is_taken_again_with_the_same_id(
    issue: Issue, ann: User, mailbox: Mailbox
) -> None:
    happened(issue)
    claim()
    notice = Notice.objects.get()
    make_due()
    courier.deliver()
    # As it is for who was killed before he could remove it.
    Notice.objects.bulk_create([notice])
    Notice.objects.update(is_taken=True, tries=1)
    make_due()
    courier.deliver()
    first, second = mailbox.letters
    assert first["Message-ID"] == second["Message-ID"]


def killed_while_it_delivers() -> None:
    """Another process takes what is due, and is killed at the mail server's door."""
    child = os.fork()
    if child == 0:
        # The parent's connection must not be said goodbye to.
        ours, connection.connection = connection.connection, None
        courier.deliver()
        os._exit(int(ours is None))
    until = time.monotonic() + 30
    while not Notice.objects.filter(is_taken=True).exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_process_had_taken_leaves_later(
    committed_db: None, settings: Settings
) -> None:
    issue = make_issue(make_project())
    user = follower(issue)
    happened(issue)
    claim()
    make_due()
    with mailing.hanging() as port:
        mailing.use(settings, port)
        killed_while_it_delivers()
    with mailing.served() as mailbox:
        mailing.use(settings, mailbox.port)
        courier.deliver()
        # Until then nobody knows that it is dead.
        assert mailbox.to == []
        make_due()
        courier.deliver()
    assert mailbox.to == [user.email]


@pytest.mark.django_db(transaction=True)
def test_the_worker_goes_on_while_a_mail_server_hangs(
    committed_db: None, settings: Settings
) -> None:
    issue = make_issue(make_project())
    follower(issue)
    happened(issue)
    claim()
    make_due()
    with mailing.hanging() as port:
        mailing.use(settings, port)
        settings.EMAIL_TIMEOUT = 3
        began = time.monotonic()
        tasks.tell()
        assert time.monotonic() - began < 1.5
        until = time.monotonic() + 30
        while not Notice.objects.filter(tries=1, due_at__lt=soon()).exists():
            assert time.monotonic() < until
            time.sleep(0.05)
    assert counts.read()[Outcome.PUT_OFF] == 1


def soon() -> datetime:
    """Later than a mail that was put off once is due, earlier than a lease ends."""
    return timezone.now() + timedelta(minutes=2)
