"""Reports the service's own errors to the DSN that ERRTRACK_SELF_DSN names."""

from __future__ import annotations

import threading
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event

# The DSN may be our own: an error in digesting one report would make the next. At
# most so many leave a process in a minute, whatever happens in it.
REPORTS_PER_MINUTE = 10


class Budget:
    """At most `size` in any minute that begins with the first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._left = 0
        self._until = 0.0

    def take(self) -> bool:
        """Whether there was one left."""
        now = time.monotonic()
        with self._lock:
            if now >= self._until:
                self._left, self._until = self._size, now + 60
            self._left -= 1
            return self._left >= 0


def start(role: str) -> None:
    """Begins to report from this process, where a DSN is set.

    To be called once in each process, after it was forked: the SDK sends from a
    thread. `role` is "web", "worker" or "beat".
    """
    if not settings.SELF_DSN:
        return
    # Not at the top: 6 MiB and 0.2 s for those who have set no DSN.
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    budget = Budget(REPORTS_PER_MINUTE)

    def within_budget(event: Event, _hint: dict[str, Any]) -> Event | None:
        return event if budget.take() else None

    sentry_sdk.init(
        dsn=settings.SELF_DSN,
        release=f"errtrack@{version('errtrack')}",
        before_send=within_budget,
        # Variables, bodies and addresses are other people's events.
        include_local_variables=False,
        max_request_body_size="never",
        send_default_pii=False,
        max_breadcrumbs=20,
        auto_session_tracking=False,
        # No patches of drivers: they cost each statement of the digest.
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(middleware_spans=False, signals_spans=False),
            CeleryIntegration(),
        ],
    )
    sentry_sdk.set_tag("role", role)
