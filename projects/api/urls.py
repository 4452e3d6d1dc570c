"""Where the API tells of organizations and projects."""

from __future__ import annotations

from django.urls import path

from projects.api.filters import FiltersView, FilterView
from projects.api.keys import KeysView, KeyView
from projects.api.organizations import (
    OrganizationProjectsView,
    OrganizationsView,
    OrganizationView,
    TeamsView,
)
from projects.api.root import AuthView, RootView
from projects.api.spikes import SpikeProtectionsView

_ORG = "organizations/<str:org>/"
_PROJECT = "projects/<str:org>/<str:project>/"

urlpatterns = [
    path("", RootView.as_view()),
    path("auth/", AuthView.as_view()),
    path("organizations/", OrganizationsView.as_view()),
    path(_ORG, OrganizationView.as_view()),
    path(f"{_ORG}projects/", OrganizationProjectsView.as_view()),
    path(f"{_ORG}spike-protections/", SpikeProtectionsView.as_view()),
    path(f"{_ORG}teams/", TeamsView.as_view()),
    path(f"{_PROJECT}filters/", FiltersView.as_view()),
    path(f"{_PROJECT}filters/<str:filter_id>/", FilterView.as_view()),
    path(f"{_PROJECT}keys/", KeysView.as_view()),
    path(f"{_PROJECT}keys/<str:key_id>/", KeyView.as_view()),
]
