"""Makes the room known to Django."""

from importlib import import_module

from django.apps import AppConfig


class IssuesConfig(AppConfig):
    name = "issues"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        # Wherever a member is sent away from, his issues are taken from him.
        import_module("issues.departures")
        # The number beside the tab of user feedback.
        import_module("issues.reportnumber")
