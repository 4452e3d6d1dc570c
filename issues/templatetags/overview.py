"""Gives the project list, a page of another room, the numbers of its projects."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils import timezone

from issues.overview import ProjectNumbers, numbers_of
from projects.models import Project

register = template.Library()


@register.simple_tag
def project_numbers(projects: Iterable[Project]) -> list[ProjectNumbers]:
    """The projects with their unresolved issues and the events of 24 hours."""
    return numbers_of(projects, timezone.now())
