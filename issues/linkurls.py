"""Where Sentry's clients look for issues: after every address of our own."""

from __future__ import annotations

from django.urls import path

from issues.views import links

_ISSUES = "organizations/<slug:org>/issues/"
_OF_PROJECT = "<slug:org>/<slug:project>/issues/<str:issue>/"

urlpatterns = [
    path("orgredirect/organizations/:orgslug/settings/auth-tokens/", links.auth_tokens),
    path(_ISSUES, links.issues),
    path(f"{_ISSUES}<str:issue>/", links.issue),
    path(f"{_ISSUES}<str:issue>/events/<str:event>/", links.issue),
    path(_OF_PROJECT, links.issue),
    path(f"{_OF_PROJECT}events/<str:event>/", links.issue),
]
