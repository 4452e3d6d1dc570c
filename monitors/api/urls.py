"""Where the API tells of monitors."""

from __future__ import annotations

from django.urls import path

from monitors.api.views import CheckInsView, MonitorsView, MonitorView

_ORG = "organizations/<str:org>/monitors/"
_MONITOR = f"{_ORG}<str:monitor>/"
_IN_PROJECT = "projects/<str:org>/<str:project>/monitors/<str:monitor>/"

urlpatterns = [
    path(_ORG, MonitorsView.as_view()),
    path(_MONITOR, MonitorView.as_view()),
    path(f"{_MONITOR}checkins/", CheckInsView.as_view()),
    path(_IN_PROJECT, MonitorView.as_view()),
    path(f"{_IN_PROJECT}checkins/", CheckInsView.as_view()),
]
