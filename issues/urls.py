"""Where the issue pages are."""

from __future__ import annotations

from django.urls import path

from issues.views import (
    activity,
    assignees,
    attachments,
    changes,
    comments,
    detail,
    discarded,
    events,
    feedback,
    jump,
    likes,
    lists,
    merging,
    operations,
    overview,
    progress,
    rules,
    searches,
    spread,
    subscription,
    suggest,
    table,
    tags,
    walk,
)

app_name = "issues"

_PROJECT = "o/<slug:org>/p/<slug:project>/"
_ISSUE = f"{_PROJECT}issues/<int:number>/"
_FILE = f"{_PROJECT}attachments/<int:attachment>/"

urlpatterns = [
    path("jump/", jump.jump, name="jump"),
    path("o/<slug:org>/issues/", lists.all_issues, name="all"),
    path("o/<slug:org>/issues/suggest/", suggest.of_organization, name="suggest_all"),
    path(f"{_PROJECT}suggest/", suggest.of_project, name="suggest"),
    path("o/<slug:org>/searches/", searches.searches, name="searches"),
    path("o/<slug:org>/overview/", overview.organization_overview, name="overviews"),
    path("o/<slug:org>/issues/compare/", likes.compare_two, name="compare_two"),
    path("o/<slug:org>/issues/assignees/", assignees.assignees, name="assignees"),
    path("o/<slug:org>/issues/update/", changes.update, name="update"),
    path("o/<slug:org>/issues/merge/", merging.merge, name="merge"),
    path(
        "o/<slug:org>/operations/<int:operation>/", progress.progress, name="progress"
    ),
    path("o/<slug:org>/operations/<int:operation>/undo/", operations.undo, name="undo"),
    path("o/<slug:org>/activity/", activity.organization_activity, name="activities"),
    path(_PROJECT, lists.project_issues, name="list"),
    path(f"{_PROJECT}activity/", activity.project_activity, name="activity"),
    path(f"{_PROJECT}settings/discarded/", discarded.discarded, name="discarded"),
    path(
        f"{_PROJECT}settings/discarded/<int:discarded>/take/",
        discarded.take,
        name="discarded_take",
    ),
    path(f"{_PROJECT}overview/", overview.project_overview, name="overview"),
    path(f"{_PROJECT}settings/grouping/", rules.grouping_rules, name="grouping_rules"),
    path(
        f"{_PROJECT}settings/grouping/version/",
        rules.grouping_version,
        name="grouping_version",
    ),
    path(f"{_PROJECT}settings/grouping/regroup/", rules.regroup, name="regroup"),
    path(f"{_PROJECT}feedback/", feedback.project_feedback, name="feedback"),
    path(
        f"{_PROJECT}feedback/<int:report>/resolve/",
        feedback.resolve,
        name="feedback_resolve",
    ),
    path(_FILE, attachments.download, name="attachment"),
    path(f"{_FILE}text/", attachments.text, name="attachment_text"),
    path(_ISSUE, detail.issue, name="detail"),
    path(f"{_ISSUE}peek/", detail.peek, name="peek"),
    path(f"{_ISSUE}comments/", comments.add, name="comments"),
    path(f"{_ISSUE}comments/<int:comment>/", comments.change, name="comment"),
    path(f"{_ISSUE}subscription/", subscription.subscribe, name="subscription"),
    path(f"{_ISSUE}similar/", likes.similar, name="similar"),
    path(f"{_ISSUE}compare/", likes.compare, name="compare"),
    path(f"{_ISSUE}merged/", merging.merged, name="merged"),
    path(f"{_ISSUE}unmerge/", merging.unmerge, name="unmerge"),
    path(f"{_ISSUE}tags/", tags.tags, name="tags"),
    path(f"{_ISSUE}users/", spread.users, name="users"),
    path(f"{_ISSUE}next/", walk.next_issue, name="next"),
    path(f"{_ISSUE}previous/", walk.previous_issue, name="previous"),
    path(f"{_ISSUE}releases/", spread.releases, name="releases"),
    path(f"{_ISSUE}feedback/", feedback.issue_feedback, name="issue_feedback"),
    path(f"{_ISSUE}events/", table.table, name="events"),
    path(f"{_ISSUE}events/<str:event>/", detail.issue, name="event"),
    path(f"{_ISSUE}events/<str:event>/json/", events.as_json, name="event_json"),
    path(f"{_ISSUE}events/<str:event>/markdown/", events.as_markdown, name="markdown"),
]
