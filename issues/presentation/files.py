"""Files as lists on pages name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from issues.models import Attachment
from issues.presentation.attachments import looks_like_image, looks_like_text

# More would make the page heavy; the others are in the list.
IMAGES_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file, and what the page can do with it."""

    file: Attachment
    is_image: bool
    is_text: bool


def views_of(files: Sequence[Attachment]) -> list[FileView]:
    """The files in their order; the first few that seem to be images as such."""
    views: list[FileView] = []
    images = 0
    for one in files:
        is_image = looks_like_image(one.name, one.content_type, one.size)
        images += is_image
        views.append(
            FileView(
                file=one,
                is_image=is_image and images <= IMAGES_SHOWN,
                is_text=looks_like_text(one.name, one.content_type, one.kind),
            )
        )
    return views


def images_of(views: Sequence[FileView]) -> list[FileView]:
    """Those that are shown as images."""
    return [view for view in views if view.is_image]
