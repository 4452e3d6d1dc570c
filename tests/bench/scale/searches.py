"""What lists cost by their query and order: the statements and their rows, no page."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from django.utils import timezone

from issues.cursors import Sort
from issues.listing import list_issues
from issues.search import parse
from projects.models import Project, User
from projects.windows import Graph
from tests.bench.scale.probes import busy_ms

_ROUNDS = 5

_QUERIES = (
    "is:unresolved",
    "",
    "is:resolved level:fatal",
    "!is:new is:unresolved",
    "Error42",
    "error",
    "cannot parse",
    "do_42_step",
    "do_2999_step",
    "nowhere",
    '"cannot parse item"',
    "item 4242",
    "stack.function:do_1*",
    "!message:parse is:unresolved",
    "environment:environment-1",
    "url:url-2999",
    "url:url-1* is:unresolved",
    "!environment:environment-1",
    "has:browser !has:region",
    "release:[release-1,release-2] browser:browser-3",
    "user.id:77",
    "!user.id:77",
    "user:id:1*",
    "has:user",
    "firstSeen:-24h",
    "lastSeen:+20d",
    "timestamp:-24h",
    "timestamp:<2020-01-01",
    "timesSeen:>1000",
    "users:>100 platform:javascript",
    "error.type:Error7",
    "error.type:*r77",
    "error.type:[Error1,Error2,Error3]",
    "error.value:*parse*",
    "culprit:shop.cart*",
    "!culprit:shop.cart*",
    "platform:[javascript,ruby]",
    "message:parse",
    'title:"cannot parse"',
    "stack.module:part7",
    "stack.filename:part7",
    "!stack.function:do_1*",
    "level:[fatal,warning]",
    "is:for_review",
    "is:forever",
    "is:assigned",
    "is:bookmarked",
    "issue.priority:high",
    "issue.category:error",
    "error.handled:yes",
    "has:url",
    "!has:url",
    "url:[url-1,url-2,url-3,url-2999]",
    "!url:url-2999",
    "url:*99",
    "release:latest",
    "release:release-6*",
    "release.version:>1",
    "release.package:shop",
    "firstRelease:release-1",
    "user.id:[77,78,79]",
    "user.id:299999",
    "user.email:nobody@example.com",
    "bookmarks:me",
    "!bookmarks:me",
    "assigned:me",
    "assigned:#core",
    "assigned:[me,none]",
    "assigned:none",
    "!assigned:none",
    "subscribed:me",
    "!subscribed:me",
    "project:shop",
    "issue:SHOP-1A",
    "!issue:SHOP-1A",
    f"id:{'f' * 32}",
    "assigned:me cannot parse",
    "bookmarks:me is:unresolved level:error",
    "subscribed:me environment:environment-1 !url:url-1",
    "user.id:77 is:unresolved cannot",
    "cannot parse environment:environment-1 is:unresolved",
    "do_2999_step url:url-2999 level:error",
    "!cannot environment:environment-1",
    "is:unresolved environment:environment-2 cannot level:error timesSeen:>5",
)
_SORTED = (
    "is:unresolved",
    "",
    "cannot parse",
    "environment:environment-1",
    "url:url-2999",
    "subscribed:me",
)


def report(matching: str) -> Iterator[str]:
    """Lines of those whose query or order has this in it."""
    yield f"{'query':60} {'sort':10} {'min cpu':>7} {'p50 cpu':>7} {'p50 ms':>7} total"
    pairs = [(query, Sort.LAST_SEEN) for query in _QUERIES]
    pairs += [(query, sort) for sort in Sort for query in _SORTED]
    for query, sort in pairs:
        if matching in f"{query} {sort}":
            yield _measured(query, sort)


def _measured(query: str, sort: Sort) -> str:
    took, worked = [], []
    page = None
    for _ in range(_ROUNDS):
        began, busy = time.perf_counter(), busy_ms()
        page = list_issues(
            projects=list(Project.objects.all()),
            filter=parse(query),
            sort=sort,
            cursor=None,
            limit=25,
            user=User.objects.get(),
            graph=Graph.DAY,
            now=timezone.now(),
        )
        took.append((time.perf_counter() - began) * 1000)
        worked.append(busy_ms() - busy)
    assert page is not None
    total = f"{page.total}{'+' if page.total_is_capped else ''}"
    figures = (min(worked), statistics.median(worked), statistics.median(took))
    return f"{query:60} {sort:10}" + "".join(f"{n:8.1f}" for n in figures) + f" {total}"
