"""An issue resolved in a release comes back with that release, or with a later one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues import triage
from issues.models import Activity, Issue, IssueState, Resolution, Status, Substatus
from issues.newevent import NewEvent
from issues.repair import repair
from issues.resolutions import LATEST, FixedIn, NoSuchRelease
from projects.models import Project, User
from releases.models import Release, ReleaseCommit, ReleaseProject
from tests import settling
from tests.factories import make_event, make_issue, make_payload, make_project, store
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def issue(project: Project) -> Issue:
    """Of version 1.1, after 1.0 was seen elsewhere."""
    make_issue(project, exception=None, message="else", release="shop@1.0")
    return make_issue(project, release="shop@1.1")


@pytest.fixture
def user() -> User:
    return make_user()


def event_of(issue: Issue, release: str | None) -> NewEvent:
    fields = {"release": release} if release else {}
    return make_event(issue.project, make_payload(**fields))


def comes_back(issue: Issue, release: str | None) -> bool:
    """Whether an event of the release reopens the issue."""
    store(event_of(issue, release))
    return status_of(issue) == Status.UNRESOLVED


def status_of(issue: Issue) -> Status:
    return Status(IssueState.objects.get(issue=issue).status)


def test_the_next_release_is_after_the_latest(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    for older in ("shop@1.0", "shop@1.1", "shop@1.1-rc1", None):
        assert not comes_back(issue, older)
    assert comes_back(issue, "shop@1.2")
    state = IssueState.objects.get(issue=issue)
    assert state.substatus == Substatus.REGRESSED
    assert state.event_count == 6
    assert not Resolution.objects.exists()


@pytest.mark.parametrize("release", [LATEST, "shop@1.1"])
def test_a_release_that_has_the_fix_counts_itself(
    issue: Issue, user: User, release: str
) -> None:
    settling.resolve_in([issue.pk], FixedIn(release=release), user=user)
    assert not comes_back(issue, "shop@1.0")
    assert comes_back(issue, "shop@1.1")


def test_versions_are_ordered_by_their_numbers(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(release="shop@1.1"), user=user)
    # It is heard of later, yet is the older one.
    assert not comes_back(issue, "shop@1.0.9")
    assert comes_back(issue, "shop@1.10")


def test_names_without_order_go_by_their_times(project: Project, user: User) -> None:
    make_issue(project, exception=None, message="else", release="alpha")
    issue = make_issue(project, release="beta")
    Release.objects.filter(version="alpha").update(
        created_at=datetime.now(UTC) - timedelta(days=1)
    )
    settling.resolve_in([issue.pk], FixedIn(release="beta"), user=user)
    assert not comes_back(issue, "alpha")
    assert comes_back(issue, "gamma")


def test_a_release_to_come_needs_not_be_known(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(future="shop@2.0"), user=user)
    assert not comes_back(issue, "shop@1.9")
    assert not comes_back(issue, "build-of-today")
    assert comes_back(issue, "shop@2.0")


def test_where_nothing_was_released_the_first_release_is_next(
    project: Project, user: User
) -> None:
    issue = make_issue(project)
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    assert not comes_back(issue, None)
    assert comes_back(issue, "0.1")


def test_a_commit_is_fixed_in_the_release_that_brings_it(
    issue: Issue, user: User
) -> None:
    release = Release.objects.get(version="shop@1.1")
    ReleaseCommit.objects.create(release=release, place=0, sha="c0ffee")
    settling.resolve_in([issue.pk], FixedIn(commit="c0ffee"), user=user)
    assert not comes_back(issue, "shop@1.0")
    assert comes_back(issue, "shop@1.1")


def test_an_unknown_commit_comes_with_the_next_release(
    issue: Issue, user: User
) -> None:
    settling.resolve_in([issue.pk], FixedIn(commit="c0ffee"), user=user)
    assert not comes_back(issue, "shop@1.1")
    assert comes_back(issue, "shop@1.2")


def test_a_commit_is_waited_for_in_the_release_that_it_came_with_later(
    issue: Issue, user: User
) -> None:
    settling.resolve_in([issue.pk], FixedIn(commit="c0ffee"), user=user)
    for version, sha in (("shop@1.2", "bad"), ("shop@1.3", "c0ffee")):
        release = Release.objects.create(
            organization=issue.project.organization, version=version
        )
        ReleaseProject.objects.create(release=release, project=issue.project)
        ReleaseCommit.objects.create(release=release, place=0, sha=sha)
    assert not comes_back(issue, "shop@1.2")
    assert comes_back(issue, "shop@1.3")


def test_an_unknown_release_changes_nothing(issue: Issue, user: User) -> None:
    with pytest.raises(NoSuchRelease):
        settling.resolve_in([issue.pk], FixedIn(release="shop@7"), user=user)
    other = make_issue(make_project())
    with pytest.raises(NoSuchRelease):
        settling.resolve_in([issue.pk, other.pk], FixedIn(release=LATEST), user=user)
    assert status_of(issue) == Status.UNRESOLVED


def test_of_a_batch_the_event_with_the_fix_is_told(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    old, new = event_of(issue, "shop@1.1"), event_of(issue, "shop@1.2")
    last = event_of(issue, "shop@1.0")
    stored = store(old, new, last)
    assert stored.reopened_issues == [issue.pk]
    told = Activity.objects.get(issue=issue, kind=Activity.Kind.REGRESSION).data
    assert told == {"event_id": new.event_id.hex, "release": "shop@1.2"}


def test_a_second_delivery_does_not_reopen(issue: Issue, user: User) -> None:
    event = event_of(issue, "shop@1.2")
    store(event)
    settling.resolve_in([issue.pk], FixedIn(release=LATEST), user=user)
    store(event)
    assert status_of(issue) == Status.RESOLVED


def test_what_was_received_before_proves_nothing(issue: Issue, user: User) -> None:
    event = event_of(issue, "shop@1.2")
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    store(event)
    assert status_of(issue) == Status.RESOLVED


def test_resolving_now_forgets_the_release(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    assert settling.resolve([issue.pk], user=user) == [issue.pk]
    assert comes_back(issue, "shop@1.0")


def test_undo_brings_the_release_back(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    changes = triage.set_status([issue.pk], Status.UNRESOLVED, user=user)
    assert not Resolution.objects.exists()
    assert triage.undo(changes, Status.UNRESOLVED, user=user) == [issue.pk]
    kept = Resolution.objects.get()
    assert (kept.version, kept.is_after, kept.user) == ("shop@1.1", True, user)
    assert not comes_back(issue, "shop@1.1")
    assert comes_back(issue, "shop@1.2")


def test_each_project_has_its_own_latest_release(issue: Issue, user: User) -> None:
    organization = issue.project.organization
    other = make_issue(make_project(organization=organization), release="api@5.0")
    ids = [issue.pk, other.pk]
    settling.resolve_in(ids, FixedIn(release=LATEST), user=user)
    versions = Resolution.objects.order_by("issue").values_list("version", flat=True)
    assert list(versions) == ["shop@1.1", "api@5.0"]


def test_repair_finds_no_difference(issue: Issue, user: User) -> None:
    settling.resolve_in([issue.pk], FixedIn(is_next=True), user=user)
    store(event_of(issue, "shop@1.1"), event_of(issue, "shop@1.2"))
    assert repair(dry_run=True).differences == 0
