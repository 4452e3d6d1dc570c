"""`errtrack send-test-event`: one event through the real SDK and the front door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sentry_sdk
from sentry_sdk.transport import HttpTransport

from errtrack.commands.access import require_running
from errtrack.commands.console import say
from errtrack.errors import OperatorError

_TIMEOUT_S = 10.0


class _TellingTransport(HttpTransport):
    """The SDK's own transport, which also remembers why it lost an event."""

    losses: list[str]

    def __init__(self, options: dict[str, Any]) -> None:
        self.losses = []
        super().__init__(options)

    def on_dropped_event(self, _reason: str) -> None:
        self.losses.append(_reason)


class TestEventError(Exception):
    """The error that a test event reports."""


def send_test_event(data: Path, dsn: str | None) -> None:
    """Sends an event and prints its id; raises OperatorError if it is not accepted."""
    address = dsn or _first_dsn(data)
    client = sentry_sdk.Client(
        dsn=address, transport=_TellingTransport, default_integrations=False
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        try:
            raise TestEventError("errtrack send-test-event was here")
        except TestEventError as error:
            event_id = scope.capture_exception(error)
    client.flush(timeout=_TIMEOUT_S)
    losses = getattr(client.transport, "losses", [])
    if losses or event_id is None:
        raise OperatorError(f"The event was not accepted by {address}: {losses}.")
    say(event_id)


def _first_dsn(data: Path) -> str:
    """The address of the oldest project's oldest key that is not disabled."""
    require_running(data)
    import django

    django.setup()
    from projects.models import ProjectKey
    from projects.services import dsn_of

    keys = ProjectKey.objects.filter(is_active=True, project__deleted_at__isnull=True)
    key = keys.select_related("project").order_by("project_id", "pk").first()
    if key is None:
        raise OperatorError("There is no project yet: run `errtrack init` first.")
    return dsn_of(key)
