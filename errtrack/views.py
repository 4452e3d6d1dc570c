"""What machines ask of the service itself: is it alive, ready, and how does it do."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from errtrack import metrics
from errtrack.health import check_readiness

# Headers that a proxy adds: the caller's address is then not the client's.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Each dependency checked: 200 when all are well, else 503."""
    found = check_readiness()
    return JsonResponse(
        {
            "status": found.status,
            "accepting": found.is_accepting,
            "checks": {name: asdict(check) for name, check in found.checks.items()},
        },
        status=200 if found.is_ready else 503,
    )


@never_cache
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """The figures for Prometheus, for those who may see them."""
    if not _may_see_metrics(request):
        return HttpResponse(
            "Metrics are told to private addresses without a proxy between, or to "
            "whoever sends ERRTRACK_METRICS_TOKEN as a bearer token.\n",
            status=403,
            content_type="text/plain",
        )
    text, content_type = metrics.render(request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)


def _may_see_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "")
        expected = f"Bearer {settings.METRICS_TOKEN}"
        return compare_digest(sent.encode(), expected.encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_private
    except ValueError:
        return False
