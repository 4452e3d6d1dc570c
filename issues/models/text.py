"""The words of an issue's frames and exceptions."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from issues.models.issue import Issue
from projects.models import Project


class IssueText(models.Model):
    """What free text finds beside an issue's present title: the words of the event
    that began it.

    A table of its own, because Issue is rewritten with each new title, which would
    enter all of these words into the index again.
    """

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, related_name="text"
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # Functions weigh A, modules B, files C, and all else D.
    search = SearchVectorField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Free text of the query box, and its stack.function and the like.
            GinIndex(fields=["search"], name="issue_text_search"),
        ]

    def __str__(self) -> str:
        return f"words of issue {self.pk}"
