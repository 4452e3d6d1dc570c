"""What the page of an issue shows of one event, as its templates name it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest

from issues import attachments, reports
from issues.event import Event as Payload
from issues.events import StoredEvent, neighbours
from issues.grouping import Part
from issues.grouping.comparison import compare
from issues.grouping.rules.compiled import compile_rules
from issues.models import Fingerprint
from issues.opening import OpenIssue
from issues.presentation.event import Chip, tag_chip, view_of
from issues.presentation.feedback import view_of as view_of_report
from issues.presentation.files import images_of, views_of
from issues.presentation.stack import Choice, trace_of
from issues.presentation.standing import Explanation
from issues.presentation.why import reasons, summary
from issues.views.frame import event_tags

# The tags that tell most; of each line the first that the event has.
_FACTS = (
    ("browser", "browser.name", "runtime", "runtime.name"),
    ("os", "os.name"),
    ("release",),
    ("environment",),
    ("url", "transaction"),
    ("server_name",),
)


def event_context(
    request: HttpRequest, found: OpenIssue, stored: StoredEvent, choice: Choice
) -> dict[str, Any]:
    """The event with its neighbours, its files and what users said of it."""
    row, payload = stored.row, stored.payload
    around = neighbours(row, found.family)
    tags = event_tags(row)
    context: dict[str, Any] = {
        "event": row,
        "event_id": row.event_id.hex,
        "older": around.older and around.older.hex,
        "newer": around.newer and around.newer.hex,
        "tags": [tag_chip(key, value) for key, value in tags],
        "facts": facts_of(dict(tags)),
    }
    if found.has_files:
        files = views_of(attachments.of_event(row.project_id, row.event_id))
        context |= {"files": files, "shots": images_of(files)}
    if found.report_count:
        said = reports.of_event(row.project_id, row.event_id)
        context["reports"] = [view_of_report(report) for report in said]
    if payload is not None:
        explanation = explain(payload, found)
        thread = request.GET.get("thread", "")
        context |= grouping_context(explanation.parts())
        view = view_of(payload, request.GET.get("crumbs", ""))
        if view.user_chip:
            context["facts"].insert(0, view.user_chip)
        context |= {
            "payload": view,
            "trace": trace_of(payload, choice, thread, explanation),
            "rule": explanation.rule,
            "is_elsewhere": _is_elsewhere(found, explanation),
        }
    return context


def explain(payload: Payload, found: OpenIssue) -> Explanation:
    """How the project's rules of today group an event of the issue."""
    texts = found.rules
    rules = compile_rules(texts.fingerprinting, texts.enhancements)
    version = found.issue.project.grouping_version
    return Explanation(payload, rules, texts, version)


def _is_elsewhere(found: OpenIssue, explanation: Explanation) -> bool:
    """Whether the rules of today would lead such an event to another issue.

    Asked of the database only where the event differs from the issue's first one.
    """
    grouping = explanation.grouping
    first = list(map(Part.from_json, found.issue.grouping_parts))
    if compare(first, grouping.parts).first is None:
        return False
    known = Fingerprint.objects.filter(
        project=found.issue.project_id,
        hash__in=[uuid.UUID(bytes=one) for one in grouping.hashes],
        issue__in=found.family,
    )
    return not known.exists()


def grouping_context(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What the event was grouped by, in a sentence and part by part."""
    told = reasons(parts)
    return {
        "grouped_by": summary(parts),
        "reasons": [one for one in told if one.counts],
        "all_parts": told,
    }


def facts_of(tags: dict[str, str]) -> list[Chip]:
    """What tells most of an event, as chips above its trace."""
    keys = [next((key for key in keys if key in tags), None) for keys in _FACTS]
    return [tag_chip(key, tags[key]) for key in keys if key]
