"""What this room refuses, each with a sentence that can be shown.

ProjectsError
├── LastOwner
├── AlreadyMember
├── RoleTooHigh
└── AddressTaken
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ProjectsError(Exception):
    """A change that this room does not make."""

    message: Promise

    def __str__(self) -> str:
        return str(self.message)


class LastOwner(ProjectsError):
    """The organization would be left without an owner."""

    message = _("The last owner can't be removed or made less than an owner.")


class AlreadyMember(ProjectsError):
    """The address belongs to somebody who is a member already."""

    message = _("This person is a member already.")


class RoleTooHigh(ProjectsError):
    """A member tried to give, change or take a role above their own."""

    message = _("You can't give or change a role above your own.")


class AddressTaken(ProjectsError):
    """The address is another user's."""

    message = _("This address can't be used here.")
