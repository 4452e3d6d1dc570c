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
        # A regrouping can be undone as an operation, and works by operations itself.
        import_module("issues.regrouping.kind")
