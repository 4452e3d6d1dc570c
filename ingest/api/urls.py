"""Where the API tells of what became of what is sent."""

from __future__ import annotations

from django.urls import path

from ingest.api.fate import EventFateView
from ingest.api.feedback import UserFeedbackView
from ingest.api.stats import OrganizationStatsView, ProjectStatsView

_PROJECT = "projects/<str:org>/<str:project>/"

urlpatterns = [
    path("organizations/<str:org>/stats_v2/", OrganizationStatsView.as_view()),
    path(f"{_PROJECT}stats/", ProjectStatsView.as_view()),
    path(f"{_PROJECT}events/<str:event>/fate/", EventFateView.as_view()),
    path(f"{_PROJECT}user-feedback/", UserFeedbackView.as_view()),
]
