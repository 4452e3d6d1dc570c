"""Builds the bookshop: an organization with everything that pages can show."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from issues.environments import environments_of
from issues.models import HourCount, Issue, IssueState, ProjectHour
from issues.store import forget_everything
from projects import services
from projects.hours import hour_of
from projects.models import (
    Membership,
    Organization,
    Project,
    ProjectStar,
    Role,
    Team,
    User,
)
from projects.tokens import create_token
from releases.models import (
    Release,
    ReleaseEnvironment,
    ReleaseHour,
    ReleaseProject,
)
from tests.demo.history import hours
from tests.demo.stories import (
    CHECKOUT,
    FULFILMENT,
    SEARCH,
    STOREFRONT,
    Frame,
    Story,
)
from tests.factories import make_event, make_payload, store
from tests.people import PASSWORD

# Stored of each issue; the others are only counted.
_EVENTS = 4
PEOPLE = (
    ("maya@harbourbooks.example", "Maya Lindqvist", Role.OWNER),
    ("tom@harbourbooks.example", "Tom Okafor", Role.ADMIN),
    ("li@harbourbooks.example", "Li Wen", Role.MEMBER),
    ("sofia@harbourbooks.example", "Sofia Marques", Role.MEMBER),
    ("auditor@harbourbooks.example", "", Role.VIEWER),
)
PROJECTS = (
    ("Checkout", "django", CHECKOUT),
    ("Storefront", "nextjs", STOREFRONT),
    ("Fulfilment", "celery", FULFILMENT),
    ("Search", "go", SEARCH),
    ("Newsletter", "flask", ()),
)
BROWSERS = ("Chrome 142", "Safari 26", "Firefox 145", "Edge 142")
SYSTEMS = ("Windows 11", "iOS 26", "macOS 26", "Android 16")
SERVERS = ("web-1", "web-2", "web-3", "worker-1")


@dataclass(frozen=True)
class Shop:
    """The organization, its owner and the project that most pages show."""

    organization: Organization
    owner: User
    checkout: Project
    # The checkout's first issue, which has a stack trace with variables.
    issue: Issue


def build(now: datetime) -> Shop:
    forget_everything()
    organization, members = _people()
    projects = [
        services.create_project(organization, name=name, platform=platform)
        for name, platform, _ in PROJECTS
    ]
    _teams(organization, members, projects)
    for project, (_, _, stories) in zip(projects, PROJECTS, strict=True):
        for story in stories:
            _tell(project, story, now)
        if stories:
            Project.objects.filter(pk=project.pk).update(
                first_event_at=now - timedelta(days=80)
            )
    _count_levels()
    _releases(organization, now)
    checkout = projects[0]
    owner = members[0].user
    ProjectStar.objects.create(user=owner, project=checkout)
    issue = Issue.objects.get(project=checkout, type="KeyError")
    return Shop(organization, owner, checkout, issue)


def _people() -> tuple[Organization, list[Membership]]:
    users = [
        User.objects.create_user(email, PASSWORD, first_name=name)
        for email, name, _ in PEOPLE
    ]
    organization = services.create_organization(name="Harbour Books", owner=users[0])
    for user, (_, _, role) in list(zip(users, PEOPLE, strict=True))[1:]:
        Membership.objects.create(organization=organization, user=user, role=role)
    members = list(organization.memberships.select_related("user").order_by("pk"))
    create_token(
        user=users[0],
        organization=organization,
        name="Release pipeline",
        scopes=["org:read", "project:read", "project:releases"],
    )
    return organization, members


def _teams(
    organization: Organization,
    members: Sequence[Membership],
    projects: Sequence[Project],
) -> None:
    for name, of, on in (
        ("Payments", members[:2], projects[:1]),
        ("Web", members[1:4], projects[1:2]),
        ("Warehouse", members[2:4], projects[2:4]),
    ):
        team = Team.objects.create(
            organization=organization, name=name, slug=name.lower()
        )
        team.members.set(of)
        team.projects.set(on)


def _tell(project: Project, story: Story, now: datetime) -> None:
    """Stores some events of the story, then its long history of counts."""
    first = now - timedelta(days=story.days)
    span = now - first
    # The newest is some minutes old, as each issue's is a little different.
    last = now - timedelta(minutes=3 + len(story.value) % 50)
    times = [first, *(last - span * (i / 40) for i in range(_EVENTS - 2, -1, -1))]
    events = [
        make_event(project, _payload(project, story, at, number))
        for number, at in enumerate(times)
    ]
    (issue,) = store(*events).new_issues
    counts = hours(story.shape, story.per_hour, story.days, hour_of(now))
    HourCount.objects.filter(issue=issue).delete()
    HourCount.objects.bulk_create(
        HourCount(project=project, issue_id=issue, hour=hour, count=count)
        for hour, count in counts.items()
    )
    total = sum(counts.values())
    IssueState.objects.filter(issue=issue).update(
        event_count=total, user_count=story.users, first_seen=first
    )


def _count_levels() -> None:
    """Has projects count by level what their issues count, nine of ten events live."""
    levels = dict(IssueState.objects.values_list("issue_id", "level"))
    projects = Project.objects.values_list("pk", flat=True)
    named = {project: environments_of([project]) for project in projects}
    counts: Counter[tuple[int, int, int, int]] = Counter()
    for row in HourCount.objects.all():
        where = row.project_id, row.hour, levels[row.issue_id]
        staged = row.count // 10
        counts[*where, 0] += row.count
        for name, count in (("production", row.count - staged), ("staging", staged)):
            for tag_id in named[row.project_id].get(name, []):
                counts[*where, tag_id] += count
    ProjectHour.objects.all().delete()
    ProjectHour.objects.bulk_create(
        ProjectHour(
            project_id=project,
            environment_id=environment,
            hour=hour,
            level=level,
            count=count,
        )
        for (project, hour, level, environment), count in counts.items()
    )


def _payload(
    project: Project, story: Story, at: datetime, number: int
) -> dict[str, Any]:
    dice = random.Random(f"{story.value}{number}")
    payload = make_payload(
        event_id=uuid.UUID(int=dice.getrandbits(128), version=4).hex,
        timestamp=at.timestamp(),
        level=story.level,
        platform={"go": "go", "nextjs": "javascript"}.get(project.platform, "python"),
        environment=dice.choices(["production", "staging"], [9, 1])[0],
        release=f"{project.slug}@{_versions(project)[story.release]}",
        server_name=dice.choice(SERVERS),
        transaction=story.transaction or None,
        user={"id": str(dice.randrange(9000)), "email": "reader@example.com"},
        tags={"region": dice.choice(["eu-west", "us-east"]), **story.tags},
        breadcrumbs=_breadcrumbs(at),
        request={
            "url": f"https://harbourbooks.example{story.transaction.partition(' ')[2]}",
            "method": "POST",
            "headers": {"User-Agent": "Mozilla/5.0", "Accept": "application/json"},
        },
        contexts={
            "browser": _named(dice.choice(BROWSERS)),
            "os": _named(dice.choice(SYSTEMS)),
            "runtime": {"name": "CPython", "version": "3.13.2"},
        },
        modules={"django": "5.2.19", "psycopg": "3.2.4"},
        **story.more,
    )
    if not story.frames:
        del payload["exception"]
        return payload | {"logentry": {"formatted": story.value}}
    frames = [_frame(frame) for frame in story.frames]
    payload["exception"] = {
        "values": [
            {
                "type": story.type,
                "value": story.value,
                "mechanism": {"type": "django", "handled": False},
                "stacktrace": {"frames": frames},
            }
        ]
    }
    return payload


def _named(text: str) -> dict[str, str]:
    name, _, version = text.rpartition(" ")
    return {"name": name, "version": version}


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "filename": frame.file,
        "abs_path": f"/srv/{frame.file}",
        "module": frame.file.rpartition(".")[0].replace("/", "."),
        "function": frame.function,
        "lineno": frame.line,
        "pre_context": list(frame.before),
        "context_line": frame.source,
        "post_context": list(frame.after),
        "in_app": frame.in_app,
        "vars": frame.vars,
    }


def _breadcrumbs(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "timestamp": (at - timedelta(seconds=9 - i * 2)).timestamp(),
            "category": category,
            "message": message,
            "level": level,
            "data": data,
            "type": "http" if data else "default",
        }
        for i, (category, message, level, data) in enumerate(_STEPS)
    ]


_ASKED = {"method": "GET", "url": "https://tax.example.com/rates", "status_code": 200}
_STEPS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("auth", "signed in as reader 8123", "info", {}),
    ("query", "SELECT sku, amount FROM basket_line WHERE basket_id = %s", "info", {}),
    ("httplib", "", "info", _ASKED),
    ("checkout", "basket 4711 has 3 books", "info", {}),
    ("checkout", "currency missing for sku 978-0141036144", "warning", {}),
)


def _versions(project: Project) -> tuple[str, ...]:
    """The current version, and the one that came today."""
    return ("2.13.1", "2.14.0") if project.slug == "checkout" else ("1.8.4", "1.9.0")


_AGES_DAYS = {"2.13.1": 6.0, "2.14.0": 0.2, "1.8.4": 11.0, "1.9.0": 0.5}


def _releases(organization: Organization, now: datetime) -> None:
    """Sets when releases were made, and how many sessions they had since."""
    for release in Release.objects.filter(organization=organization):
        age = _AGES_DAYS[release.version.partition("@")[2]]
        at = now - timedelta(days=age)
        Release.objects.filter(pk=release.pk).update(created_at=at, released_at=at)
        ReleaseProject.objects.filter(release=release).update(created_at=at)
        for place in ReleaseEnvironment.objects.filter(release=release):
            _sessions(place, age, now)


def _sessions(place: ReleaseEnvironment, age: float, now: datetime) -> None:
    dice = random.Random(f"{place.release.version}{place.environment}")
    weight = 60 if place.environment == "production" else 4
    ReleaseHour.objects.filter(release_environment=place).delete()
    last = hour_of(now)
    rows = []
    for hour in range(last - int(age * 24), last + 1):
        sessions = dice.randrange(weight, weight * 3)
        rows.append(
            ReleaseHour(
                project_id=place.project_id,
                release_environment=place,
                hour=hour,
                events=dice.randrange(weight // 4, weight),
                sessions=sessions,
                errored=sessions // 20,
                crashed=dice.choice([0, 0, 0, 1]),
            )
        )
    ReleaseHour.objects.bulk_create(rows)
    ReleaseEnvironment.objects.filter(pk=place.pk).update(
        event_count=sum(row.events for row in rows)
    )


def today() -> datetime:
    """Now, to the minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0)
