"""Makes the roof known to Django: its management commands and checks."""

from importlib import import_module

from django.apps import AppConfig


class ErrtrackConfig(AppConfig):
    name = "errtrack"

    def ready(self) -> None:
        # Any process may send tasks, once the settings are there.
        import_module("errtrack.celery")
