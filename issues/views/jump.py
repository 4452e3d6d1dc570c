"""Going to an issue, a project or a page by a few words of its name."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from issues.jumping import find
from issues.views.scope import is_part
from projects.access import signed_in

_QUERY_CHARS = 200


@login_required
@require_safe
@never_cache
@vary_on_headers("HX-Request")
def jump(request: HttpRequest) -> HttpResponse:
    """A page with a box and what it finds; htmx is given what it finds alone."""
    query = request.GET.get("q", "").replace("\0", "")[:_QUERY_CHARS]
    near = (request.GET.get("org", ""), request.GET.get("project", ""))
    context = {
        "query": query,
        "near": near,
        "targets": find(signed_in(request), query, near=near, now=timezone.now()),
    }
    template = "issues/_targets.html" if is_part(request) else "issues/jump.html"
    return render(request, template, context)
