"""Where the pages of releases are."""

from __future__ import annotations

from django.urls import path

from releases import views

app_name = "releases"

_RELEASES = "o/<slug:org>/p/<slug:project>/releases/"

urlpatterns = [
    path(_RELEASES, views.release_list, name="list"),
    path(f"{_RELEASES}<str:version>/", views.release, name="detail"),
]
