"""What a user was to hear of goes with the user, the issue and the project."""

from __future__ import annotations

from alerts import wishes
from alerts.models import MutedProject, Notice, Wishes
from issues import removal
from issues.models import Issue
from projects import services
from projects.models import User
from tests.telling import claim, happened


def furnish(issue: Issue, user: User) -> None:
    happened(issue)
    claim()
    wishes.change(user, unwanted=[], wants_own=True)
    wishes.mute(user, [issue.project], [issue.project])


def test_a_deleted_project_leaves_nothing_to_tell(issue: Issue, ann: User) -> None:
    furnish(issue, ann)
    services.hide_project(issue.project)
    assert removal.remove_deleted()
    assert not Notice.objects.exists()
    assert not MutedProject.objects.exists()
    assert Wishes.objects.get().user == ann


def test_a_deleted_user_leaves_nothing_to_tell(issue: Issue, ann: User) -> None:
    furnish(issue, ann)
    ann.delete()
    assert not Notice.objects.exists()
    assert not MutedProject.objects.exists()
    assert not Wishes.objects.exists()
