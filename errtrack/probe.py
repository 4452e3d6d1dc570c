"""A container's health check: `python -m errtrack.probe web|worker|beat`, exit 0 or 1.

It asks for the one process; /health/ready tells of the whole service. Light: Django
is not set up for it.
"""

from __future__ import annotations

import os
import sys

import redis


def is_alive(role: str) -> bool:
    """Whether the role's process on this machine (web) or anywhere gave a sign."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "errtrack.settings")
    # Not at the top: they read the settings.
    from django.conf import settings

    from errtrack import heartbeat, listener

    if role == "web":
        return listener.is_serving(settings.BIND)
    try:
        return heartbeat.age_s(role) is not None
    except redis.RedisError:
        return False


if __name__ == "__main__":
    sys.exit(not is_alive(sys.argv[1]))
