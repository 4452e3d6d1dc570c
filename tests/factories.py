"""Makes what tests need: defaults are valid, a test names only what it is about."""

from __future__ import annotations

import itertools
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from ingest.models import PoisonEntry
from ingest.preparation import Known, Prepared, prepare
from ingest.sampling import Sampler
from ingest.stream import Entry
from ingest.tally import Tally
from issues import dictionaries
from issues.models import Issue
from issues.newevent import NewEvent
from issues.payloads import NO_DICTIONARY, Dictionary
from issues.store import Stored, store_batch
from projects.models import Organization, Project, ProjectKey
from projects.rules import NO_RULES, Rules

_numbers = itertools.count(1)


def make_organization(slug: str = "", **fields: Any) -> Organization:
    slug = slug or f"org-{next(_numbers)}"
    return Organization.objects.create(slug=slug, name=slug.title(), **fields)


def make_project(
    slug: str = "", *, organization: Organization | None = None, **fields: Any
) -> Project:
    """A project with one key."""
    slug = slug or f"project-{next(_numbers)}"
    project = Project.objects.create(
        organization=organization or make_organization(),
        slug=slug,
        name=slug.title(),
        **{"platform": "python", **fields},
    )
    ProjectKey.objects.create(project=project)
    return project


def make_payload(**fields: Any) -> dict[str, Any]:
    """An event as a Python SDK sends it: a ValueError from two of our functions."""
    number = next(_numbers)
    return {
        "event_id": uuid.uuid4().hex,
        "timestamp": datetime.now(UTC).timestamp(),
        "platform": "python",
        "level": "error",
        "exception": {"values": [make_exception()]},
        "user": {"id": str(number)},
        "tags": {"region": "eu"},
        "modules": {"django": "5.2.19"},
        **fields,
    }


def make_exception(
    type_: str = "ValueError", value: str = "bad value", function: str = "parse"
) -> dict[str, Any]:
    return {
        "type": type_,
        "value": value,
        "mechanism": {"type": "generic", "handled": False},
        "stacktrace": {
            "frames": [
                make_frame("main", 10, "main()"),
                make_frame(function, 20, f"    return {function}(raw)"),
            ]
        },
    }


def make_frame(function: str, lineno: int, context_line: str) -> dict[str, Any]:
    return {
        "filename": "shop/cart.py",
        "abs_path": "/srv/shop/cart.py",
        "module": "shop.cart",
        "function": function,
        "lineno": lineno,
        "pre_context": ["def before():", "    pass"],
        "context_line": context_line,
        "post_context": ["", "# after"],
        "in_app": True,
        "vars": {"raw": "'12x'", "count": "3"},
    }


def make_entry(
    project: Project,
    payload: dict[str, Any] | None = None,
    *,
    received_at: datetime | None = None,
    **fields: Any,
) -> Entry:
    """A stream entry as the edge appends it for one event."""
    payload = make_payload() if payload is None else payload
    values: dict[str, Any] = {
        "project_id": project.pk,
        "key_id": 1,
        "received_at": received_at or datetime.now(UTC),
        "kind": "store",
        "encoding": "",
        "event_id": payload["event_id"],
        "client": "sentry.python/2.75.0",
        "remote_ip": "192.0.2.1",
        "user_agent": "sentry.python/2.75.0",
        "body": json.dumps(payload).encode(),
        **fields,
    }
    return Entry(**values)


def make_event(
    project: Project,
    payload: dict[str, Any] | None = None,
    *,
    received_at: datetime | None = None,
    sample_per_hour: int = 1000,
    rules: Rules = NO_RULES,
) -> NewEvent:
    """An event ready to be stored, as the digest prepares it."""
    entry = make_entry(project, payload, received_at=received_at)
    dictionary = dictionaries.current(project.pk)
    (event,) = make_prepared(
        entry, dictionary=dictionary, rules=rules, sample_per_hour=sample_per_hour
    ).events
    return event


def make_prepared(
    entry: Entry,
    *,
    dictionary: Dictionary = NO_DICTIONARY,
    rules: Rules = NO_RULES,
    sample_per_hour: int = 1000,
) -> Prepared:
    """What the digest finds in an entry."""
    known = Known({entry.project_id: dictionary}, {entry.project_id: rules})
    (prepared,) = prepare([entry], Sampler(sample_per_hour), Tally(), known)
    return prepared


def store(*events: NewEvent) -> Stored:
    """Stores the events as one batch, as the digest does."""
    with transaction.atomic():
        return store_batch(events)


def make_issue(project: Project, **payload: Any) -> Issue:
    """An issue of one event."""
    stored = store(make_event(project, make_payload(**payload)))
    return Issue.objects.get(pk=stored.new_issues[0])


def set_aside(project: Project, body: bytes = b"{}", **fields: Any) -> PoisonEntry:
    """An entry of the project that could not be digested."""
    values: dict[str, Any] = {
        "project": project,
        "key_id": 1,
        "event_id": uuid.uuid4().hex,
        "shard": 0,
        "received_at": datetime.now(UTC),
        "fields": {"kind": "store", "encoding": ""},
        "body": body,
        "reason": "ValueError: bad value",
        "tries": 3,
    }
    return PoisonEntry.objects.create(**values | fields)
