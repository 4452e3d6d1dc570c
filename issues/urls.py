"""Where the issue pages are."""

from __future__ import annotations

from django.urls import path

from issues.views import changes, detail, events, lists

app_name = "issues"

_ISSUE = "o/<slug:org>/p/<slug:project>/issues/<int:number>/"

urlpatterns = [
    path("undo/", changes.undo, name="undo"),
    path("o/<slug:org>/issues/", lists.all_issues, name="all"),
    path("o/<slug:org>/issues/update/", changes.update, name="update"),
    path("o/<slug:org>/p/<slug:project>/", lists.project_issues, name="list"),
    path(_ISSUE, detail.issue, name="detail"),
    path(f"{_ISSUE}peek/", detail.peek, name="peek"),
    path(f"{_ISSUE}tags/", detail.tags, name="tags"),
    path(f"{_ISSUE}events/", events.table, name="events"),
    path(f"{_ISSUE}events/<str:event>/", detail.issue, name="event"),
    path(f"{_ISSUE}events/<str:event>/json/", events.as_json, name="event_json"),
    path(f"{_ISSUE}events/<str:event>/markdown/", events.as_markdown, name="markdown"),
]
