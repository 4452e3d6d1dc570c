"""What markup that code writes has in common."""

from __future__ import annotations

from html import escape

from projects.ui import visible


def shown(text: str) -> str:
    """Text of an event, in which nothing hides and nothing is markup."""
    return escape(visible(text))
