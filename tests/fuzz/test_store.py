"""Whatever the edge accepts is stored, shown on its pages and told by the API."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from django.test import Client as Browser
from hypothesis import given
from pytest_django import Settings
from structlog.testing import capture_logs

from ingest import digest
from ingest.edge import Edge
from ingest.models import PoisonEntry
from ingest.stream import ShardStream
from issues.models import Issue
from projects.models import Project, ProjectKey
from tests.corpus import PROJECT_ID, PUBLIC_KEY
from tests.db.ingest.client import Call, Client
from tests.factories import make_project
from tests.fuzz.endpoints import special
from tests.fuzz.events import event
from tests.fuzz.requests import envelope, of_envelope, of_event, randoms, request
from tests.fuzz.rounds import tries
from tests.people import client_of
from tests.web.api.client import API, api_of

pytestmark = pytest.mark.slow

AT_ONCE = 20
# So many new issues of a case are looked at: pages take longer than all the rest.
SHOWN = 2


@pytest.fixture
def project(committed_db: None) -> Project:
    project = make_project(pk=PROJECT_ID)
    ProjectKey.objects.filter(project=project).update(public_key=PUBLIC_KEY)
    return project


@pytest.fixture
def client(project: Project) -> Iterator[Client]:
    edge = Edge()
    client = Client(edge)
    yield client
    client.run(edge.close())
    client.close()


@pytest.fixture
def member(project: Project, settings: Settings) -> Browser:
    # A test client would look at every static file, which takes 0.2 s.
    settings.WHITENOISE_AUTOREFRESH = True
    return client_of(project.organization)


@pytest.fixture
def api(project: Project) -> API:
    return api_of(project.organization)


@tries(12)
@given(random=randoms)
def test_whatever_is_accepted_is_stored_and_shown(
    client: Client,
    project: Project,
    member: Browser,
    api: API,
    round_number: int,
    random: Random,
) -> None:
    for answer in client.send_all([call(random) for _ in range(AT_ONCE)]):
        assert answer.status < 500, answer
    newest = Issue.objects.order_by("pk").last()
    with capture_logs() as logs:
        digest.drain(0)
    failures = [line for line in logs if line["log_level"] in ("error", "critical")]
    assert not failures
    assert not PoisonEntry.objects.exists()
    assert ShardStream(0).backlog().entries == 0
    new = Issue.objects.filter(pk__gt=newest.pk if newest else 0)
    for issue in new.order_by("pk")[:SHOWN]:
        look_at(issue, member, api)


def call(random: Random) -> Call:
    match random.randrange(8):
        case 0:
            return request(random)
        case 1 | 2:
            return special(random)
        case 3 | 4:
            return of_envelope(envelope(random))
    return of_event(event(random))


def look_at(issue: Issue, member: Browser, api: API) -> None:
    project = issue.project
    home = f"/o/{project.organization.slug}/p/{project.slug}/"
    page = f"{home}issues/{issue.number}/"
    for path in ("", "events/"):
        assert api.get(f"/issues/{issue.pk}/{path}").status == 200, path
    latest = api.get(f"/issues/{issue.pk}/events/latest/")
    assert latest.status == 200
    pages = [home, f"{page}?raw=0", f"{page}?raw=1"]
    if latest.body["hasPayload"]:
        pages.append(f"{page}events/latest/markdown/")
    for at in pages:
        assert member.get(at).status_code == 200, at
