"""The page of saved searches: keep one, rename, share and delete them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from issues import savedsearches
from issues.cursors import Sort
from issues.models import SavedSearch
from issues.savedsearches import NameTaken, TooMany
from issues.search import SearchError
from issues.views.asked import QUERY_CHARS, SORTS
from issues.views.scope import Scope, page
from projects.access import Permission, permission_of, require_role
from projects.naming import check_name

_NAME_CHARS = 64


@dataclass(frozen=True, slots=True)
class _Line:
    """A search of the table."""

    search: SavedSearch
    may_change: bool

    @property
    def choice(self) -> str:
        return f"saved:{self.search.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
@page
def searches(request: HttpRequest, scope: Scope) -> HttpResponse:
    if request.method == "POST":
        try:
            _act(request, scope)
        except SearchError as error:
            messages.error(request, error.explain(_(error.template)))
        except ValidationError as error:
            messages.error(request, error.messages[0])
        except NameTaken:
            messages.error(request, _("You have a search of that name already."))
        except TooMany:
            messages.error(request, _("You have too many searches: delete one first."))
        else:
            return HttpResponseRedirect(
                reverse("issues:searches", args=[scope.organization.slug])
            )
    found = savedsearches.searches_of(scope.organization, scope.user)
    member = scope.membership
    own, of_all = savedsearches.default_choices(scope.organization, scope.user)
    context = {
        "built_in": savedsearches.BUILT_IN,
        "own_default": own,
        "default_of_all": of_all,
        "may_manage": permission_of(member.role) >= Permission.MANAGE,
        "organization": scope.organization,
        "nav": "issues",
        "lines": [_Line(one, savedsearches.may_change(member, one)) for one in found],
        "may_share": savedsearches.may_share(member),
        "sorts": SORTS,
        "asked": request.POST if request.method == "POST" else request.GET,
    }
    return render(request, "issues/searches.html", context)


def _act(request: HttpRequest, scope: Scope) -> None:
    post = request.POST
    name = " ".join(post.get("name", "").replace("\0", "").split())[:_NAME_CHARS]
    if name:
        check_name(name)
    do = post.get("do", "save")
    if do == "save":
        sort = post.get("sort", "")
        savedsearches.save_search(
            scope.membership,
            name=name or _("Search"),
            query=post.get("q", "").replace("\0", "").strip()[:QUERY_CHARS],
            sort=Sort(sort) if sort in list(Sort) else Sort.LAST_SEEN,
            is_shared="share" in post,
        )
        messages.success(request, _("Saved the search."))
        return
    if do in {"default", "default_of_all"}:
        _choose_default(request, scope, for_all=do == "default_of_all")
        return
    search = _named(scope, post.get("search", ""))
    if do == "delete":
        search.delete()
        messages.success(request, _("Deleted the search."))
    elif do in {"share", "unshare"}:
        savedsearches.change_search(scope.membership, search, is_shared=do == "share")
    elif do in {"up", "down"}:
        savedsearches.move_search(scope.membership, search, up=do == "up")
    elif do == "rename" and name:
        savedsearches.change_search(scope.membership, search, name=name)


def _choose_default(request: HttpRequest, scope: Scope, *, for_all: bool) -> None:
    if for_all:
        require_role(scope.membership.role, Permission.MANAGE)
    choice = request.POST.get("first", "")
    if savedsearches.choose_default(scope.membership, choice, for_all=for_all):
        messages.success(request, _("Saved what lists open with."))
    else:
        messages.error(request, _("That search is not there any more."))


def _named(scope: Scope, text: str) -> SavedSearch:
    """The search of that id, if the reader may change it. Raises Http404."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Http404
    seen = savedsearches.searches_of(scope.organization, scope.user)
    search = seen.filter(pk=int(text)).first()
    if search is None:
        raise Http404
    if not savedsearches.may_change(scope.membership, search):
        raise PermissionDenied(_("This search is somebody else's."))
    return search
