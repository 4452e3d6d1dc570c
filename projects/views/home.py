"""The way in, and what belongs to the user alone: profile, language, stars."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from projects import services, signins
from projects.access import project_for, signed_in
from projects.forms import NameForm, ProfileForm
from projects.models import Organization, User

_COOKIE_AGE_S = 365 * 86_400


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("mark.svg"))


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The user's organization, or a choice where there are several or none."""
    organizations = list(
        Organization.objects.filter(memberships__user=request.user.pk).order_by("name")
    )
    if len(organizations) == 1:
        return redirect("projects:projects", org=organizations[0].slug)
    return render(request, "projects/home.html", {"organizations": organizations})


@login_required
def organization_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if not user.is_superuser:
        text = _("Only whoever runs this server can add organizations.")
        raise PermissionDenied(text)
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organization = services.create_organization(
            name=form.cleaned_data["name"], owner=user
        )
        return redirect("projects:projects", org=organization.slug)
    return render(request, "projects/organization_new.html", {"form": form})


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = ProfileForm(
        request.POST or None,
        initial={
            "name": user.get_full_name(),
            "language": user.language,
            "time_zone": user.time_zone,
            "theme": user.theme,
            "shortcuts": user.shortcuts,
            "oldest_frame_first": "oldest" if user.oldest_frame_first else "",
        },
    )
    if request.method != "POST" or not form.is_valid():
        others = signins.others(user, request.session.session_key)
        context = {"form": form, "other_count": len(others)}
        return render(request, "projects/profile.html", context)
    services.change_profile(user, **form.cleaned_data)
    with translation.override(user.language or translation.get_language()):
        messages.success(request, _("Profile saved"))
    response = redirect("projects:profile")
    _remember(response, settings.LANGUAGE_COOKIE_NAME, user.language)
    _remember(response, "theme", user.theme)
    return response


@login_required
@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """Ends the user's sessions in all other browsers."""
    ended = signins.end_others(signed_in(request), request.session.session_key)
    text = ngettext(
        "Signed out of %(n)d other browser", "Signed out of %(n)d other browsers", ended
    )
    messages.success(request, text % {"n": ended})
    return redirect("projects:profile")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Chooses the language, in the profile too when there is one."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(_("There is no such language here."))
    if isinstance(request.user, User):
        services.change_language(request.user, chosen)
    response = redirect(_next(request))
    _remember(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@login_required
@require_POST
def star(request: HttpRequest, org: str, project: str) -> HttpResponse:
    found = project_for(request.user, org, project)
    services.toggle_star(signed_in(request), found)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    """Where the form says to go on, if that is a page of ours; else the start."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours else "/"


def _remember(response: HttpResponse, cookie: str, value: str) -> None:
    """Keeps a choice in the browser; an empty one is forgotten."""
    if value:
        response.set_cookie(
            cookie,
            value,
            max_age=_COOKIE_AGE_S,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(cookie, samesite="Lax")
