"""Makes the roof known to Django: its management commands and checks."""

from django.apps import AppConfig


class ErrtrackConfig(AppConfig):
    name = "errtrack"
