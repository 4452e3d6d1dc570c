"""Who signs in, and where people belong: organizations, members and teams."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class EmailUserManager(UserManager["User"]):
    """Makes users who sign in by email address."""

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
    # Those of the browser that he used last; mails are written so where he has chosen
    # none. Empty: English, and unknown.
    seen_language = models.CharField(max_length=10, blank=True, default="")
    seen_time_zone = models.CharField(max_length=64, blank=True, default="")
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
