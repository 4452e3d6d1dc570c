"""Pages on which people choose what they are mailed, and stop it from a mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from alerts import stopping, wishes
from alerts.forms import NotificationsForm
from issues import shortid
from projects.access import projects_of_user, signed_in


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """What the user is mailed about."""
    user = signed_in(request)
    projects = list(projects_of_user(user))
    form = NotificationsForm(
        request.POST if request.method == "POST" else None,
        wish=wishes.wish_of(user),
        projects=projects,
    )
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "is_mail_on": settings.IS_MAIL_ON}
        return render(request, "alerts/notifications.html", context)
    wishes.change(
        user, unwanted=form.unwanted, wants_own=form.cleaned_data["wants_own"]
    )
    wishes.mute(user, projects, form.muted(projects))
    messages.success(request, _("Notifications saved"))
    return redirect("alerts:notifications")


# The token says who asks; mail programs send neither cookies nor our form's token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once more, since programs that look mails over open their links."""
    found = stopping.read(token)
    if found is None:
        return render(request, "alerts/stop.html", {"stop": None}, status=404)
    is_done = request.method == "POST"
    if is_done:
        stopping.carry_out(found)
    issue = found.issue
    name = shortid.encode(issue.project.slug, issue.number) if issue else ""
    context = {"stop": found, "short_id": name, "is_done": is_done}
    return render(request, "alerts/stop.html", context)
