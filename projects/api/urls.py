"""Where the API tells of organizations and projects."""

from __future__ import annotations

from django.urls import path

from projects.api.keys import KeysView
from projects.api.organizations import (
    OrganizationProjectsView,
    OrganizationsView,
    OrganizationView,
    TeamsView,
)
from projects.api.projects import ProjectView
from projects.api.root import AuthView, RootView

_ORG = "organizations/<str:org>/"
_PROJECT = "projects/<str:org>/<str:project>/"

urlpatterns = [
    path("", RootView.as_view()),
    path("auth/", AuthView.as_view()),
    path("organizations/", OrganizationsView.as_view()),
    path(_ORG, OrganizationView.as_view()),
    path(f"{_ORG}projects/", OrganizationProjectsView.as_view()),
    path(f"{_ORG}teams/", TeamsView.as_view()),
    path(_PROJECT, ProjectView.as_view()),
    path(f"{_PROJECT}keys/", KeysView.as_view()),
]
