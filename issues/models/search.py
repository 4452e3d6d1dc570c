"""Searches that people keep."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from projects.models import Organization, User


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
