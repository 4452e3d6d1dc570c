"""What a mail says, to whom it says it, and what never gets into it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from django.core import mail
from pytest_django import Settings

from issues import comments
from issues.models import Issue
from projects.models import Project, User
from tests.factories import make_exception, make_issue
from tests.people import make_member
from tests.telling import deliver, follower, happened

HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe\r\nBcc: eve@evil.example"


def letter() -> EmailMessage:
    (message,) = mail.outbox
    return message.message()


def text_of(message: EmailMessage) -> str:
    return parts(message)["text/plain"]


def parts(message: EmailMessage) -> dict[str, str]:
    """The texts of a mail by their type."""
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()  # type: ignore[union-attr]  # These are no multiparts.
        for part in message.walk()
        if not part.is_multipart()
    }


def test_a_mail_names_the_issue_and_leads_to_it(issue: Issue, ann: User) -> None:
    happened(issue, "set_regression", release="2.0")
    deliver()
    message = letter()
    assert message["To"] == ann.email
    assert message["Subject"] == "SHOP-1 ValueError: bad value"
    for text in parts(message).values():
        assert "/o/acme/p/shop/issues/1/" in text
        assert "Regressed in 2.0" in text


def test_mails_about_an_issue_are_one_thread(issue: Issue, ann: User) -> None:
    for _ in range(2):
        happened(issue)
        deliver()
    first, second = (message.message() for message in mail.outbox)
    assert first["References"] == second["References"] == second["In-Reply-To"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Subject"] == second["Subject"]


def test_mail_programs_can_unsubscribe(issue: Issue, ann: User) -> None:
    happened(issue)
    deliver()
    message = letter()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/notifications/stop/" in message["List-Unsubscribe"]
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_mail_is_in_its_readers_language_and_time_zone(
    issue: Issue, ann: User
) -> None:
    ann.language, ann.time_zone = "zh-hans", "Asia/Shanghai"
    ann.save()
    happened(issue)
    deliver()
    message = letter()
    assert "Asia/Shanghai" in text_of(message)
    assert "你关注了此问题" in text_of(message)
    assert '<html lang="zh-hans">' in parts(message)["text/html"]


def test_who_has_chosen_nothing_reads_it_as_his_browser_would(
    issue: Issue, ann: User
) -> None:
    ann.seen_language, ann.seen_time_zone = "zh-hans", "Asia/Shanghai"
    ann.save()
    happened(issue)
    deliver()
    assert "Asia/Shanghai" in text_of(letter())
    assert "你关注了此问题" in text_of(letter())


def test_readers_of_two_languages_get_their_own(issue: Issue, ann: User) -> None:
    other = follower(issue)
    other.language = "zh-hans"
    other.save()
    happened(issue)
    deliver()
    told = {message.to[0]: str(message.body) for message in mail.outbox}
    assert "You follow this issue" in told[ann.email]
    assert "你关注了此问题" in told[other.email]


def test_hostile_text_stays_text(project: Project) -> None:
    issue = make_issue(
        project, exception={"values": [make_exception("Err", HOSTILE, HOSTILE)]}
    )
    author = make_member(project.organization).user
    author.first_name = "<b>Eve</b>"
    author.save()
    follower(issue)
    comments.add(issue, f"<script>alert(1)</script> {HOSTILE}", author)
    deliver()
    message = letter()
    html = parts(message)["text/html"]
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>Eve" not in html
    assert "\u202e" not in html + text_of(message) + str(mail.outbox[0].subject)
    assert message["Bcc"] is None
    assert mail.outbox[0].recipients() == mail.outbox[0].to


def test_of_many_happenings_the_newest_are_told(issue: Issue, ann: User) -> None:
    for number in range(25):
        happened(issue, "set_regression", release=f"{number}.0")
    deliver()
    for text in parts(letter()).values():
        assert "5 earlier changes" in text
        assert "Regressed in 4.0" not in text
        assert "Regressed in 24.0" in text


def test_a_comment_is_quoted(issue: Issue, ann: User) -> None:
    author = make_member(issue.project.organization).user
    comments.add(issue, "**First**\nsecond", author)
    deliver()
    message = letter()
    assert "> **First**\n> second" in text_of(message)
    assert "<strong>First</strong>" in parts(message)["text/html"]


def test_who_is_mentioned_is_told_so(issue: Issue, ann: User) -> None:
    author = make_member(issue.project.organization).user
    comments.add(issue, "Look, @ann", author)
    deliver()
    assert f"{author} mentioned you" in text_of(letter())


@pytest.mark.parametrize(
    ("sender", "domain"),
    [("errtrack@x.example", "x.example"), ("E <e@y.example>", "y.example")],
)
def test_ids_are_of_the_senders_domain(
    issue: Issue, ann: User, settings: Settings, sender: str, domain: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    happened(issue)
    deliver()
    assert letter()["Message-ID"].endswith(f"@{domain}>")
