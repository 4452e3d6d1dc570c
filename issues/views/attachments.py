"""An event's files: handed out as files, and text among them shown as text.

Whatever a file holds, it never becomes a page of ours: it is handed out with
`Content-Disposition: attachment`, in a sandbox and under the type of a harmless file,
unless its first bytes are those of an image that browsers only draw. Such an image
can stand in a page all the same, because images do not heed that header.
"""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from issues import filestore
from issues.merging.families import seen_instead
from issues.models import Attachment, Event, Status
from issues.presentation.attachments import (
    JSON_BYTES_MAX,
    TEXT_BYTES_MAX,
    image_type,
    looks_like_text,
    safe_name,
    text_of,
)
from issues.views.scope import Scope, page

_HEAD_BYTES = 16


class Download(FileResponse):
    """A file in pieces large enough to be worth a change of threads."""

    block_size = 256 * 1024


@require_safe
@page
def download(
    request: HttpRequest, scope: Scope, project: str, attachment: int
) -> HttpResponseBase:
    return download_of(_find(scope, project, attachment))


@require_safe
@page
def text(
    request: HttpRequest, scope: Scope, project: str, attachment: int
) -> HttpResponseBase:
    """The beginning of a text file, as text."""
    found = _find(scope, project, attachment)
    if not looks_like_text(found.name, found.content_type, found.kind):
        raise Http404
    data = _read(found, JSON_BYTES_MAX)
    shown = text_of(data, found.name, found.kind)
    context: dict[str, Any] = {
        "organization": scope.organization,
        "tab": "issues",
        "attachment": found,
        "text": shown,
        "is_cut": found.size > min(len(data), TEXT_BYTES_MAX),
        "back": _event_path(scope, project, found),
    }
    return render(request, "issues/attachment.html", context)


def download_of(found: Attachment) -> FileResponse:
    """The file, so that no browser takes it for anything else. Raises Http404."""
    try:
        file = filestore.open_file(found.project_id, found.sha256)
    except FileNotFoundError:
        raise Http404 from None
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    response = Download(
        file,
        as_attachment=True,
        filename=safe_name(found.name),
        content_type=image_type(head) or "application/octet-stream",
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _find(scope: Scope, project: str, attachment: int) -> Attachment:
    """The file of a project that the reader may see. Raises Http404."""
    rows = Attachment.objects.filter(pk=attachment, project=scope.project(project))
    found = rows.first()
    if found is None:
        raise Http404
    events = Event.objects.filter(project=found.project_id, event_id=found.event_id)
    if events.filter(issue__state__status=Status.DELETED).exists():
        raise Http404
    return found


def _read(found: Attachment, max_bytes: int) -> bytes:
    try:
        with filestore.open_file(found.project_id, found.sha256) as file:
            data: bytes = file.read(max_bytes)
    except FileNotFoundError:
        raise Http404 from None
    return data


def _event_path(scope: Scope, project: str, found: Attachment) -> str:
    """Where the file belongs: its event's page, or the page of feedback."""
    event = Event.objects.filter(project=found.project_id, event_id=found.event_id)
    sources = list(event.values_list("issue_id", flat=True))
    issue = next(iter(seen_instead(sources).values()), None)
    where = [scope.organization.slug, project]
    if issue is None:
        return reverse("issues:feedback", args=where)
    return reverse("issues:event", args=[*where, issue.number, found.event_id.hex])
