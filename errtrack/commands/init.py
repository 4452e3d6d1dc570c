"""`errtrack init`: migrations, first organization, project, owner, key and token."""

from __future__ import annotations

import json
from pathlib import Path

import django

from errtrack.commands.access import available_servers
from errtrack.commands.console import say


def init(data: Path, *, as_json: bool) -> None:
    """Prepares the installation, or finds what exists, and says where to start."""
    with available_servers(data):
        django.setup()
        # Not at the top: models can only be imported once Django is set up.
        from errtrack.commands.preparation import prepare

        first = prepare()
    if first["password"] is None:
        del first["password"]
    if as_json:
        say(json.dumps(first))
        return
    for name, value in first.items():
        say(f"{name:13} {value}")
