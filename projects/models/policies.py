"""What people have decided about events: which are dropped, how they are grouped."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from projects.models.people import Organization, User
from projects.models.project import Project


def _texts() -> ArrayField[list[str], list[str]]:
    return ArrayField(models.TextField(), default=list, blank=True)


class InboundFilters(models.Model):
    """Which events of a project are dropped; without a row, none."""

    project = models.OneToOneField(
        Project,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="inbound_filters",
    )
    releases = _texts()
    environments = _texts()
    messages = _texts()
    addresses = _texts()
    localhost = models.BooleanField(default=False)
    browser_extensions = models.BooleanField(default=False)
    web_crawlers = models.BooleanField(default=False)
    health_checks = models.BooleanField(default=False)
    legacy_browsers = _texts()

    def __str__(self) -> str:
        return f"filters of {self.project}"


class ProjectScrubbing(models.Model):
    """What is taken out of a project's events; without a row, the usual secrets."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="scrubbing"
    )
    is_on = models.BooleanField(default=True)
    uses_defaults = models.BooleanField(default=True)
    drops_addresses = models.BooleanField(default=False)
    sensitive_fields = _texts()
    safe_fields = _texts()

    def __str__(self) -> str:
        return f"scrubbing of {self.project}"


class OrganizationScrubbing(models.Model):
    """What holds for all projects of an organization, whatever they say themselves."""

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="scrubbing",
    )
    is_on = models.BooleanField(default=False)
    uses_defaults = models.BooleanField(default=False)
    drops_addresses = models.BooleanField(default=False)
    sensitive_fields = _texts()
    safe_fields = _texts()

    def __str__(self) -> str:
        return f"scrubbing of {self.organization}"


class GroupingRuleset(models.Model):
    """What a project's rules for grouping were at some time; without a row, none.

    Rows are never changed but for `is_current`: together they tell who changed the
    rules, when, and to what.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="grouping_rulesets"
    )
    version = models.PositiveIntegerField()
    # Both as people wrote them, one rule a line.
    fingerprinting = models.TextField(blank=True)
    enhancements = models.TextField(blank=True)
    is_current = models.BooleanField(default=True)
    # Null: the user is gone.
    changed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Two who save at once do not make one version; also the page's order.
            models.UniqueConstraint(
                fields=["project", "version"], name="grouping_ruleset_once"
            ),
            # The digest reads the one that holds.
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(is_current=True),
                name="grouping_ruleset_current_once",
            ),
        ]

    def __str__(self) -> str:
        return f"grouping rules {self.version} of {self.project}"


class GroupingUpgrade(models.Model):
    """Who had a project grouped by another version, and when."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="grouping_upgrades"
    )
    before = models.CharField(max_length=8)
    after = models.CharField(max_length=8)
    # Null: the user is gone.
    changed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.project}: {self.before} → {self.after}"


class DiscardedIssue(models.Model):
    """An issue of which a project wants no more: events with its hashes are dropped."""

    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="discarded_issues",
        db_index=False,
    )
    # Its grouping hashes.
    hashes = ArrayField(models.UUIDField())
    # What it was called, by its number in short ids, too.
    title = models.CharField(max_length=512)
    culprit = models.CharField(max_length=200, blank=True, default="")
    number = models.IntegerField()
    # Null: the user is gone.
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # The settings page, newest first; and the digest, all of a project.
            models.Index(
                fields=["project", "-created_at", "-id"], name="discarded_of_project"
            ),
        ]

    def __str__(self) -> str:
        return self.title
