"""What the bookshop has besides errors: monitors, feedback, files, commits, counts."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from ingest.models import OutcomeCount
from issues import operations, partitions
from issues.assignment import Assignee
from issues.models import Activity, Issue
from issues.operations import Selection, assigning, status
from monitors.models import Monitor
from projects.hours import hour_of
from projects.models import Project
from releases.models import Deploy, Release, ReleaseCommit
from tests.demo.shop import PEOPLE, Shop
from tests.factories import set_aside
from tests.files import attach
from tests.monitoring import check_in, make_monitor
from tests.reports import say

_FEEDBACK = (
    ("Nora Vance", "The total jumps to zero after I enter my postcode."),
    ("Jonas Weber", "I pressed Pay twice because nothing happened the first time."),
    ("Aiko Tanaka", "Gift card says invalid date, but the date is printed on it."),
)
_COMMITS = (
    ("a41f90c2", "Keep the currency with every line of an invoice"),
    ("77be01da", "Ask the tax service once per basket"),
    ("0c93d5e1", "Wait for a free connection instead of giving up"),
)
_OUTCOMES = (
    ("error", "accepted", "", 260),
    ("error", "filtered", "web-crawlers", 22),
    ("error", "rate_limited", "key_quota", 6),
    ("default", "accepted", "", 40),
    ("session", "accepted", "", 900),
    ("attachment", "accepted", "", 12),
)


def add(shop: Shop, now: datetime) -> None:
    checkout = shop.checkout
    _feedback(shop)
    attach(shop.issue, b"2026-11-23 checkout started\n", "checkout.log")
    # Whose absence the page about the system would tell.
    partitions.ensure([now.date(), now.date() + timedelta(days=1)])
    _triage(shop, now)
    set_aside(checkout, reason="ValueError: year 0 is out of range")
    _monitors(checkout, now)
    _story(Release.objects.get(version="checkout@2.14.0"), now)
    for project in Project.objects.filter(first_event_at__isnull=False):
        _outcomes(project, now)


def _triage(shop: Shop, now: datetime) -> None:
    """Somebody has ignored an issue and resolved two; others have owners."""
    organization, checkout = shop.organization, shop.checkout
    noise = Issue.objects.get(project=checkout, type="DeprecationWarning")
    chosen = Selection.of(organization, [checkout], [noise.pk])
    operations.apply(chosen, status.ignore(), user=shop.owner)
    maya, tom, li, *_ = organization.memberships.order_by("pk")
    for type_, member in (
        ("KeyError", tom),
        ("OperationalError", maya),
        ("AttributeError", li),
        ("PaymentDeclined", maya),
    ):
        issue = Issue.objects.get(project=checkout, type=type_)
        chosen = Selection.of(organization, [checkout], [issue.pk])
        operations.apply(
            chosen, assigning.assign(Assignee(member_id=member.pk)), user=shop.owner
        )
    for days, type_ in enumerate(("ValueError", "UnicodeDecodeError"), start=1):
        issue = Issue.objects.get(project=checkout, type=type_)
        chosen = Selection.of(organization, [checkout], [issue.pk])
        operations.apply(chosen, status.resolve(chosen), user=shop.owner)
        Activity.objects.filter(issue=issue, kind=Activity.Kind.RESOLVED).update(
            created_at=now - timedelta(days=days)
        )


def _feedback(shop: Shop) -> None:
    about = (shop.issue, Issue.objects.get(type="PaymentDeclined"), None)
    for (name, words), issue in zip(_FEEDBACK, about, strict=True):
        email = name.lower().replace(" ", ".") + "@example.com"
        say(shop.checkout, words, about=issue, name=name, email=email)


def _monitors(project: Project, now: datetime) -> None:
    hour = now.replace(minute=0)
    for slug, name, states in (
        ("nightly-backup", "Nightly backup", "ok ok ok ok ok error ok ok ok ok ok ok"),
        ("send-invoices", "Send invoices", "ok ok ok ok ok ok ok ok ok ok error error"),
        ("refresh-rates", "Refresh tax rates", "ok ok ok ok ok ok ok ok ok ok ok ok"),
    ):
        monitor: Monitor = make_monitor(project, slug, name=name)
        for back, state in enumerate(reversed(states.split())):
            at = hour - timedelta(hours=back)
            check_in(monitor, state, at)


def _story(release: Release, now: datetime) -> None:
    for place, (sha, message) in enumerate(_COMMITS):
        email, name, _ = PEOPLE[place]
        ReleaseCommit.objects.create(
            release=release,
            place=place,
            sha=sha * 5,
            author_name=name,
            author_email=email,
            message=message,
            committed_at=now - timedelta(hours=6 + place * 3),
        )
    Deploy.objects.create(
        release=release,
        environment="production",
        finished_at=now - timedelta(hours=4),
    )


def _outcomes(project: Project, now: datetime) -> None:
    dice = random.Random(project.slug)
    key = project.keys.get().pk
    last = hour_of(now)
    OutcomeCount.objects.bulk_create(
        OutcomeCount(
            project=project,
            key_id=key,
            hour=hour,
            category=category,
            outcome=outcome,
            reason=reason,
            count=dice.randrange(most // 3, most),
        )
        for hour in range(last - 14 * 24, last + 1)
        for category, outcome, reason, most in _OUTCOMES
    )
