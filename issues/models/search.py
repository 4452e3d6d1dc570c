"""What people keep of lists: searches, which one comes first, and what they pick."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from projects.models import Organization, Project, User


class SavedSearch(models.Model):
    """A query with its order, under a name: its owner's, or shared with all members."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="saved_searches",
        db_index=False,
    )
    # None: who shared it has been removed.
    owner = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="saved_searches"
    )
    name = models.CharField(max_length=64)
    query = models.CharField(max_length=2000, blank=True, default="")
    # issues.cursors.Sort
    sort = models.CharField(max_length=16)
    is_shared = models.BooleanField(default=False)
    # Among the owner's searches, from 0.
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # A name stands for one search in a menu; the list of an organization.
            models.UniqueConstraint(
                fields=["organization", "owner", "name"], name="saved_search_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultSearch(models.Model):
    """The search that lists open with: a person's, or the organization's."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="default_searches",
        db_index=False,
    )
    # None: of all who have chosen none themselves.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="default_searches"
    )
    search = models.ForeignKey(
        SavedSearch, on_delete=models.CASCADE, null=True, related_name="+"
    )
    # issues.savedsearches.BUILT_IN, where it is none of the saved ones.
    built_in = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # One for each person, one for the organization; the look-up of lists.
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="default_search_once",
                nulls_distinct=False,
            ),
            # Either kind of search.
            models.CheckConstraint(
                condition=models.Q(search=None) ^ models.Q(built_in=""),
                name="default_search_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.search or self.built_in} of {self.user or self.organization}"


class ListPicks(models.Model):
    """What somebody last picked for a list: it holds where an address says nothing."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="list_picks", db_index=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    # None: for the list of all projects.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, related_name="+"
    )
    # As an address says it: environment=production&sort=events
    picked = models.CharField(max_length=2000)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # The look-up of lists, and one row for each of them.
            models.UniqueConstraint(
                fields=["user", "organization", "project"],
                name="list_picks_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.picked}"
