"""The page that tells operators how the service does."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from errtrack.status import ask
from projects.access import may_operate

_CHECKS = {
    "postgresql": gettext_lazy("PostgreSQL"),
    "migrations": gettext_lazy("Migrations"),
    "partitions": gettext_lazy("Partitions of days"),
    "valkey": gettext_lazy("Valkey"),
    "worker": gettext_lazy("Worker"),
    "digest": gettext_lazy("Digest"),
    "backlog": gettext_lazy("Backlog"),
    "spool": gettext_lazy("Spool"),
}


@login_required
@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    if not may_operate(request.user):
        raise PermissionDenied(_("Only whoever runs this server can see its status."))
    status = ask()
    checks = [
        (_CHECKS.get(name, name), check, _(check.detail.template) % check.detail.values)
        for name, check in status.readiness.checks.items()
    ]
    context = {"status": status, "checks": checks}
    return render(request, "errtrack/status.html", context)
