"""What is stored of organizations, members, projects, keys and API tokens."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from projects.rules import newest_grouping


def _texts() -> ArrayField[list[str], list[str]]:
    return ArrayField(models.TextField(), default=list, blank=True)


class EmailUserManager(UserManager["User"]):
    """Makes users who sign in by e-mail address."""

    def _create_user_object(
        self, email: str, password: str | None, **fields: Any
    ) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        return user

    def create_user(  # type: ignore[override]  # No user name: the address is the name.
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        user = self._create_user_object(email, password, **fields)
        user.save(using=self._db)
        return user

    def create_superuser(  # type: ignore[override]  # As above.
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class User(AbstractUser):
    """A person who signs in."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    username = None  # type: ignore[assignment]  # The address is the name.
    email = models.EmailField(unique=True)
    language = models.CharField(max_length=10, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    theme = models.CharField(
        max_length=5, choices=Theme.choices, blank=True, default=Theme.SYSTEM
    )
    shortcuts = models.BooleanField(default=True)
    # Stack traces begin with the frame that was called first.
    oldest_frame_first = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[EmailUserManager] = EmailUserManager()

    class Meta:
        db_table = "projects_user"

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @cached_property
    def places(self) -> list[Membership]:
        """Memberships by the organizations' names; looked up once a request."""
        rows = Membership.objects.filter(user=self).select_related("organization")
        places = list(rows.order_by("organization__name", "organization_id"))
        for place in places:
            place.user = self
        return places


class Organization(models.Model):
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=64)
    # Events per window of all projects together; 0 means no limit.
    rate_limit_count = models.PositiveIntegerField(default=0)
    rate_limit_window_s = models.PositiveIntegerField(default=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(rate_limit_window_s__gte=1),
                name="organization_window_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do, from least to most."""

    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    ADMIN = "admin", _("Admin")
    OWNER = "owner", _("Owner")


class Membership(models.Model):
    """A user's place in an organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"


class Team(models.Model):
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="teams"
    )
    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=64)
    members = models.ManyToManyField(Membership, related_name="teams", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["organization", "slug"], name="team_slug_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.slug}"


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


class APIToken(models.Model):
    """A bearer token of the web API: only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=64)
    # SHA-256 of the token; the token is random, so that a slow hash adds nothing.
    token_hash = models.BinaryField(max_length=32, unique=True)
    last_characters = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_characters})"
