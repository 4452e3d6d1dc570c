"""What pages and the API's answers cost, as a signed-in person and a token ask."""

from __future__ import annotations

import gzip
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from urllib.parse import quote_plus

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issues.cursors import Sort
from issues.models import Issue
from projects.models import Organization, User
from projects.tokens import create_token
from tests.bench.scale.data import READER
from tests.bench.scale.probes import server_ms

# As many as fit in so many seconds, but at least the fewest.
_ROUNDS = 40
_FEWEST = 8
_PATIENCE_S = 3.0
_OTHERS = 20

_LIST = "/o/acme/p/shop/"
_SEARCHES = (
    "",
    "is:unresolved error",
    "cannot parse",
    "do_42_step",
    "do_2999_step",
    "nowhere",
    "environment:environment-1",
    "url:url-2999",
    "has:browser level:error",
    "user.id:77",
    "assigned:me",
    "subscribed:me",
    "firstSeen:-24h",
    "release:release-60 is:unresolved",
)
_OF_ISSUES = (
    "",
    "?graph=90d",
    "events/",
    "events/?q=browser:browser-*",
    "events/?q=!has:browser",
    "tags/",
    "tags/?key=url",
    "users/",
    "?activity=all",
    "merged/",
    "similar/",
    "releases/",
    "events/oldest/",
    "events/latest/markdown/",
    "peek/",
)
_API = "/api/0/projects/acme/shop/issues/"
_API_OF_ISSUES = ("", "events/", "events/latest/", "tags/", "hashes/", "activities/")


def report(matching: str) -> Iterator[str]:
    """Lines of those pages whose name has this in it."""
    client, api = _clients()
    hot = list(Issue.objects.filter(number__lte=3).order_by("number"))
    others = list(Issue.objects.filter(number__gt=3, number__lte=3 + _OTHERS))
    yield (
        f"{'page':52} {'ms p50':>7} {'p95':>7} {'cpu p50':>7} {'p95':>7} {'in db':>7}"
        f" {'stmts':>6} {'KB gz':>6}"
    )
    for name, paths in _pages(hot, others):
        if matching in name:
            asked = api if paths[0].startswith("/api/") else client
            yield f"{name:52}" + _measured(asked, paths)


def _clients() -> tuple[Client, Client]:
    """A reader who is signed in, and one with a token."""
    user = User.objects.get(email=READER)
    client = Client()
    client.force_login(user)
    _, token = create_token(
        user=user,
        organization=Organization.objects.get(),
        name="bench",
        scopes=["event:read", "project:read", "org:read"],
    )
    return client, Client(headers={"authorization": f"Bearer {token}"})


def _pages(
    hot: Sequence[Issue], others: Sequence[Issue]
) -> Iterator[tuple[str, list[str]]]:
    """Names with the addresses that take turns."""
    for sort in Sort:
        for graph in ("24h", "14d"):
            path = f"{_LIST}?sort={sort}&graph={graph}"
            yield f"list by {sort}, {graph}", [path]
    for query in _SEARCHES:
        yield f"list of {query!r}", [f"{_LIST}?q={quote_plus(query)}"]
    yield "list of the organization", ["/o/acme/issues/"]
    for period in ("24h", "14d", "30d", "90d"):
        yield f"overview {period}", [f"{_LIST}overview/?graph={period}"]
    yield "overview of the organization", ["/o/acme/overview/"]
    for name in ("activity", "feedback", "releases", "ingest"):
        yield name, [f"{_LIST}{name}/"]
    yield "projects", ["/o/acme/"]
    for rest in _OF_ISSUES:
        yield f"issue {rest}", [f"{_LIST}issues/{i.number}/{rest}" for i in others]
        yield f"hot issue {rest}", [f"{_LIST}issues/{i.number}/{rest}" for i in hot]
    for order in ("date", "new", "freq", "user", "recommended", "trends"):
        yield f"API list by {order}", [f"{_API}?sort={order}"]
    yield "API list of 100", [f"{_API}?limit=100"]
    for rest in _API_OF_ISSUES:
        yield f"API issue {rest}", [f"/api/0/issues/{i.pk}/{rest}" for i in others]
        yield f"API hot issue {rest}", [f"/api/0/issues/{i.pk}/{rest}" for i in hot]
    yield "API events of the project", ["/api/0/projects/acme/shop/events/"]


def _measured(client: Client, paths: Sequence[str]) -> str:
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(paths[0])
    if answer.status_code != 200:
        return f" {answer.status_code}"
    size, statements = len(gzip.compress(answer.content)), len(queries)
    took, worked, served = list[float](), list[float](), list[float]()
    for path in itertools.islice(itertools.cycle(paths), _ROUNDS):
        server, own, began = server_ms(), time.process_time(), time.perf_counter()
        client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        served.append(server_ms() - server)
        worked.append(served[-1] + (time.process_time() - own) * 1000)
        if len(took) >= _FEWEST and sum(took) > _PATIENCE_S * 1000:
            break
    figures = (*_typical(took), *_typical(worked), _typical(served)[0])
    return "".join(f" {figure:7.1f}" for figure in figures) + (
        f" {statements:6} {size / 1024:6.1f}"
    )


def _typical(samples: Sequence[float]) -> tuple[float, float]:
    """The median, and what one in twenty exceeds."""
    slow = statistics.quantiles(samples, n=20, method="inclusive")[-1]
    return statistics.median(samples), slow
