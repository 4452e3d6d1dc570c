"""Where the pages of monitors are."""

from __future__ import annotations

from django.urls import path

from monitors.views import changes, detail, lists

app_name = "monitors"

_PROJECT = "o/<slug:org>/p/<slug:project>/"
_MONITOR = f"{_PROJECT}monitors/<slug:monitor>/"

urlpatterns = [
    path(f"{_PROJECT}monitors/", lists.monitors, name="list"),
    # Beside and not below them: a monitor may be called "new".
    path(f"{_PROJECT}new-monitor/", changes.new, name="new"),
    path(_MONITOR, detail.monitor, name="detail"),
    path(f"{_MONITOR}settings/", changes.settings, name="settings"),
    path(f"{_MONITOR}change/", changes.change, name="change"),
    path(f"{_MONITOR}delete/", changes.delete, name="delete"),
]
