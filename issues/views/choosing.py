"""Which issues a form means: those ticked, a kept set, or all that a list has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _

from issues.operations import Selection
from issues.search import SearchError
from issues.views.lists import issues_listed_at
from issues.views.scope import Scope
from projects.access import projects_of

# More than a list's page can ask for.
MAX_TICKED = 1000
# Of more issues than these, those seen last are changed.
MAX_ALL = 100_000
_ID = re.compile(r"\d{1,10}", re.ASCII)
_SALT = "issues.set"
_MAX_AGE_S = 3600


class Refused(Exception):
    """The form asks for what can't be done; the text says so."""


def chosen(request: HttpRequest, scope: Scope) -> Selection:
    """The issues that the form means, of those that the reader may see.

    Raises Refused.
    """
    post = request.POST
    if "set" in post:
        ids = _kept(scope, post["set"])
    elif post.get("everything", "1") != "1":
        ids = _kept(scope, post["everything"])
    elif "everything" in post:
        ids = _everything(scope, post.get("next", ""))
    else:
        ids = _ticked(post.getlist("issue"))
    selection = Selection.of(
        scope.organization, list(projects_of(scope.organization)), ids
    )
    if not selection.issue_ids:
        raise Refused(_("Select an issue first."))
    return selection


def kept_as_text(scope: Scope, issue_ids: Sequence[int]) -> str:
    """The ordered ids as a field of a form: what arrives later is not among them.

    A thousand ids take about 2 KB.
    """
    steps = [after - before for before, after in pairwise((0, *issue_ids))]
    told = [scope.organization.pk, scope.user.pk, steps]
    return signing.dumps(told, salt=_SALT, compress=True)


def _kept(scope: Scope, text: str) -> Iterable[int]:
    try:
        told = signing.loads(text, salt=_SALT, max_age=_MAX_AGE_S)
    except signing.BadSignature:
        raise Refused(_("That took too long. Choose the issues again.")) from None
    if told[:2] != [scope.organization.pk, scope.user.pk]:
        raise Refused(_("Select an issue first."))
    return accumulate(told[2])


def _everything(scope: Scope, address: str) -> list[int]:
    try:
        return issues_listed_at(scope, address, limit=MAX_ALL)
    except SearchError as error:
        raise Refused(error.explain(_(error.template))) from None


def _ticked(values: Sequence[str]) -> list[int]:
    return [int(text) for text in values[:MAX_TICKED] if _ID.fullmatch(text)]
