"""Where the API tells of releases."""

from __future__ import annotations

from django.urls import path

from releases.api.detail import (
    CommitsView,
    DeploysView,
    PreviousView,
    ReleaseView,
    RepositoriesView,
)
from releases.api.lists import OrganizationReleasesView, ProjectReleasesView
from releases.api.sessions import SessionsView

_ORG = "organizations/<str:org>/"
_OF_ORG = f"{_ORG}releases/"
_OF_PROJECT = "projects/<str:org>/<str:project>/releases/"

urlpatterns = [
    path(_OF_ORG, OrganizationReleasesView.as_view()),
    path(f"{_OF_ORG}<str:version>/", ReleaseView.as_view()),
    path(f"{_OF_ORG}<str:version>/commits/", CommitsView.as_view()),
    path(f"{_OF_ORG}<str:version>/deploys/", DeploysView.as_view()),
    path(f"{_OF_ORG}<str:version>/previous-with-commits/", PreviousView.as_view()),
    path(_OF_PROJECT, ProjectReleasesView.as_view()),
    path(f"{_OF_PROJECT}<str:version>/", ReleaseView.as_view()),
    path(f"{_OF_PROJECT}<str:version>/commits/", CommitsView.as_view()),
    path(f"{_ORG}repos/", RepositoriesView.as_view()),
    path(f"{_ORG}sessions/", SessionsView.as_view()),
]
