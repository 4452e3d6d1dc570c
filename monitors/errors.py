"""What this room refuses to people, each with a sentence that can be shown.

MonitorsError
├── SlugTaken
└── NoRoom
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MonitorsError(Exception):
    """A change that this room does not make."""

    message: Promise

    def __str__(self) -> str:
        return str(self.message)


class SlugTaken(MonitorsError):
    """Another monitor of the project has the slug."""

    message = _("Another monitor of this project has this short name.")


class NoRoom(MonitorsError):
    """The project has as many monitors as it may."""

    message = _("This project has as many monitors as it may have.")
