"""What the settings of a project say about the files of its events."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.conf import settings

from issues.attachments import usage_of
from projects.models import Project

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many files there are, and may be, and their bytes."""

    files: int = 0
    used_bytes: int = 0
    most_files: int
    most_bytes: int


@register.simple_tag
def room_of_project(project: Project) -> Room:
    used = usage_of(project.pk)
    return Room(
        files=used.files,
        used_bytes=used.bytes,
        most_files=settings.PROJECT_ATTACHMENTS,
        most_bytes=settings.PROJECT_ATTACHMENT_BYTES,
    )


@register.simple_tag
def room_of_event() -> Room:
    return Room(
        most_files=settings.EVENT_ATTACHMENTS,
        most_bytes=settings.EVENT_ATTACHMENT_BYTES,
    )


@register.simple_tag
def largest_file() -> int:
    """In bytes."""
    return settings.MAX_ATTACHMENT_BYTES
