"""What can go wrong with releases, each error's text for whoever asked."""

from __future__ import annotations


class ReleaseError(Exception):
    """Anything of this room."""


class ReleaseInUse(ReleaseError):
    """Events or sessions have named the release: what they count must stay."""
