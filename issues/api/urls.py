"""Where the API tells of issues and events."""

from __future__ import annotations

from django.urls import URLPattern, path

from issues.api.activities import ActivitiesView
from issues.api.attachments import EventAttachmentsView, EventAttachmentView
from issues.api.comments import CommentsView, CommentView
from issues.api.detail import IssueView, TagsView, TagView
from issues.api.events import (
    IssueEventsView,
    IssueEventView,
    ProjectEventsView,
    ProjectEventView,
)
from issues.api.hashes import HashesView
from issues.api.lists import OrganizationIssuesView, ProjectIssuesView
from issues.api.operations import OperationsView, OperationView, UndoView
from issues.api.project import ProjectView
from issues.api.regroupings import (
    RegroupingsView,
    RegroupingView,
    UndoRegroupingView,
)
from issues.api.reports import IssueReportsView
from issues.api.searches import SavedSearchView, SearchesView
from issues.api.shortcuts import EventIDView, ShortIDView
from issues.api.spread import FrequentUsersView, IssueUsersView, TagValuesView

_ORG = "organizations/<str:org>/"
_PROJECT = "projects/<str:org>/<str:project>/"
_FILES = f"{_PROJECT}events/<str:event>/attachments/"


def _of_issue(prefix: str) -> list[URLPattern]:
    """An issue's addresses: below its organization, or by themselves."""
    issue = f"{prefix}issues/<str:issue>/"
    return [
        path(issue, IssueView.as_view()),
        path(f"{issue}events/", IssueEventsView.as_view()),
        path(f"{issue}events/<str:event>/", IssueEventView.as_view()),
        path(f"{issue}activities/", ActivitiesView.as_view()),
        path(f"{issue}comments/", CommentsView.as_view()),
        path(f"{issue}comments/<int:comment>/", CommentView.as_view()),
        # The older name of the same.
        path(f"{issue}notes/", CommentsView.as_view()),
        path(f"{issue}notes/<int:comment>/", CommentView.as_view()),
        path(f"{issue}hashes/", HashesView.as_view()),
        path(f"{issue}tags/", TagsView.as_view()),
        path(f"{issue}tags/<str:key>/", TagView.as_view()),
        path(f"{issue}tags/<str:key>/values/", TagValuesView.as_view()),
        path(f"{issue}users/", IssueUsersView.as_view()),
        path(f"{issue}users/frequent/", FrequentUsersView.as_view()),
        path(f"{issue}user-reports/", IssueReportsView.as_view()),
    ]


urlpatterns = [
    path(f"{_ORG}operations/", OperationsView.as_view()),
    path(f"{_ORG}operations/<int:operation>/", OperationView.as_view()),
    path(f"{_ORG}operations/<int:operation>/undo/", UndoView.as_view()),
    path(f"{_ORG}issues/", OrganizationIssuesView.as_view()),
    path(f"{_ORG}searches/", SearchesView.as_view()),
    path(f"{_ORG}searches/<int:search>/", SavedSearchView.as_view()),
    path(_PROJECT, ProjectView.as_view()),
    path(f"{_PROJECT}issues/", ProjectIssuesView.as_view()),
    path(f"{_PROJECT}regroup/", RegroupingsView.as_view()),
    path(f"{_PROJECT}regroup/<str:run>/", RegroupingView.as_view()),
    path(f"{_PROJECT}regroup/<str:run>/undo/", UndoRegroupingView.as_view()),
    *_of_issue(_ORG),
    *_of_issue(""),
    path(f"{_PROJECT}events/", ProjectEventsView.as_view()),
    path(f"{_PROJECT}events/<str:event>/", ProjectEventView.as_view()),
    path(_FILES, EventAttachmentsView.as_view()),
    path(f"{_FILES}<int:attachment>/", EventAttachmentView.as_view()),
    path(f"{_ORG}eventids/<str:event>/", EventIDView.as_view()),
    path(f"{_ORG}shortids/<str:short_id>/", ShortIDView.as_view()),
]
