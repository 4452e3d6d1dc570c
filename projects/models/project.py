"""Projects, the keys that events are signed with, and stars."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models

from projects.models.people import Organization, Team, User
from projects.rules import newest_grouping


class Project(models.Model):
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="projects"
    )
    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=64)
    platform = models.CharField(max_length=32, blank=True, default="")
    teams = models.ManyToManyField(Team, related_name="projects", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Set by the digest, so that the onboarding page asks one narrow row.
    first_event_at = models.DateTimeField(null=True, blank=True)
    # The number that the next issue's short id takes; raised by the digest.
    next_issue_number = models.PositiveIntegerField(default=1)
    # Events per window of all keys together; 0 means no limit.
    rate_limit_count = models.PositiveIntegerField(default=0)
    rate_limit_window_s = models.PositiveIntegerField(default=60)
    # Spike protection: on or off, and how many times the usual it lets pass.
    is_spike_protected = models.BooleanField(default=True)
    spike_factor = models.PositiveSmallIntegerField(default=10)
    # Events in a usual day's busiest hour, reckoned every hour; null: not known yet.
    busiest_hour = models.PositiveIntegerField(null=True, blank=True)
    # The version of grouping: the newest of its day, until somebody upgrades it.
    grouping_version = models.CharField(max_length=8, default=newest_grouping)
    # Until then issues are also found by the version before.
    former_grouping_version = models.CharField(max_length=8, blank=True, default="")
    former_grouping_until = models.DateTimeField(null=True, blank=True)
    # Unresolved issues that were quiet for so many hours are resolved; 0: never.
    resolve_age_h = models.PositiveIntegerField(default=0)
    # Set when somebody deletes the project: from then on nobody sees it, and its
    # keys are gone; a task removes its rows and, at last, this one.
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organization", "slug"], name="project_slug_once"
            ),
            models.CheckConstraint(
                condition=models.Q(rate_limit_window_s__gte=1),
                name="project_window_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(spike_factor__gte=1),
                name="project_spike_factor_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProjectStar(models.Model):
    """A project that a user keeps at the top."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stars")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="stars")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "project"], name="star_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.project}"


def new_key() -> str:
    """32 lowercase hex digits, the form that every SDK accepts."""
    return secrets.token_hex(16)


class ProjectKey(models.Model):
    """What an SDK signs its requests with; its public half is in the DSN."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    label = models.CharField(max_length=64, default="Default")
    public_key = models.CharField(max_length=32, unique=True, default=new_key)
    # Never asked for; legacy clients want one in their DSN.
    secret_key = models.CharField(max_length=32, default=new_key)
    is_active = models.BooleanField(default=True)
    # Events per window; 0 means no limit.
    rate_limit_count = models.PositiveIntegerField(default=0)
    rate_limit_window_s = models.PositiveIntegerField(default=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(rate_limit_window_s__gte=1),
                name="key_window_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.public_key[:8]}…)"
