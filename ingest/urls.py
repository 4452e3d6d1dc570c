"""Where the pages about ingest are."""

from __future__ import annotations

from django.urls import path

from ingest.views import dialog, event, health, poison

app_name = "ingest"

_ORG = "o/<slug:org>/ingest/"
_PROJECT = "o/<slug:org>/p/<slug:project>/ingest/"

urlpatterns = [
    # SDKs spell it with the slash; what is posted must not be redirected.
    path("api/embed/error-page/", dialog.error_page, name="error_page"),
    path("api/embed/error-page", dialog.error_page),
    path(_ORG, health.organization_health, name="organization"),
    path(f"{_ORG}event/", event.organization_event, name="organization_event"),
    path(f"{_ORG}poison/", poison.poison_list, name="poison_list"),
    path(f"{_ORG}poison/<int:entry>/", poison.poison, name="poison"),
    path(
        f"{_ORG}poison/<int:entry>/change/", poison.poison_change, name="poison_change"
    ),
    path(f"{_ORG}poison/retry/", poison.poison_retry_all, name="poison_retry_all"),
    path(f"{_PROJECT}event/", event.project_event, name="project_event"),
    path(_PROJECT, health.project_health, name="project"),
]
