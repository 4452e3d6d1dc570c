"""The report dialog that SDKs show to a user after an error, on somebody else's page.

The script comes from here with its texts in it; what the user writes is posted back.
Nobody is signed in: the DSN says which project it is for, as with events. Source:
protocol, "Bodies of the special endpoints".
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ingest.append import StreamUnavailable
from ingest.gate import event_id_of
from ingest.items.feedback import COMMENTS_CHARS, EMAIL_CHARS, NAME_CHARS
from ingest.submission import key_of, refuse_report, submit_report
from projects.keys import KeyInfo

_METHODS = "GET, POST, OPTIONS"
_TEXT_CHARS = 500

# The texts of the dialog: the SDK's name of each, and what it is by default.
_TEXTS = {
    "title": gettext_lazy("Something went wrong"),
    "subtitle": gettext_lazy("The people who make this have been told."),
    "subtitle2": gettext_lazy("You can help them by saying what happened."),
    "labelName": gettext_lazy("Name"),
    "labelEmail": gettext_lazy("Email"),
    "labelComments": gettext_lazy("What happened?"),
    "labelClose": gettext_lazy("Close"),
    "labelSubmit": gettext_lazy("Send report"),
    "errorGeneric": gettext_lazy("The report could not be sent. Please try again."),
    "errorFormEntry": gettext_lazy("Please check the fields that are marked."),
    "successMessage": gettext_lazy("Thank you. Your report has been sent."),
}


class ReportForm(forms.Form):
    """What a user fills in."""

    name = forms.CharField(max_length=NAME_CHARS)
    email = forms.EmailField(max_length=EMAIL_CHARS)
    comments = forms.CharField(max_length=COMMENTS_CHARS)


@csrf_exempt
@require_http_methods(["GET", "POST", "OPTIONS"])
def error_page(request: HttpRequest) -> HttpResponse:
    """The dialog's script, and where its form goes."""
    if request.method == "OPTIONS":
        return _open_to_all(request, HttpResponse())
    return _open_to_all(request, _answer(request))


def _answer(request: HttpRequest) -> HttpResponse:
    event_id = event_id_of(request.GET.get("eventId"))
    if event_id is None:
        return _errors(400, eventId=["Expected the id of an event."])
    key = key_of(request.GET.get("dsn", ""))
    if key is None:
        return _errors(404, dsn=["Unknown DSN."])
    with translation.override(_language(request)):
        if request.method == "POST":
            return _take(request.POST, key, event_id)
        return _script(request)


def _take(fields: QueryDict, key: KeyInfo, event_id: str) -> HttpResponse:
    form = ReportForm(fields)
    if not form.is_valid():
        refuse_report(key)
        told = {name: list(map(str, errors)) for name, errors in form.errors.items()}
        return _errors(400, **told)
    try:
        submit_report(key, event_id, form.cleaned_data)
    except StreamUnavailable as error:
        answer = _errors(503, __all__=[_("The service is busy, try again.")])
        answer["Retry-After"] = str(error.retry_after_s)
        return answer
    return HttpResponse()


def _script(request: HttpRequest) -> HttpResponse:
    """The script; whatever the address says is text in it, never code or markup."""
    get = request.GET.get
    config = {
        "address": request.build_absolute_uri(),
        "language": translation.get_language(),
        "name": get("name", "")[:NAME_CHARS],
        "email": get("email", "")[:EMAIL_CHARS],
        "maxComments": COMMENTS_CHARS,
        "texts": {
            name: (get(name) or str(text))[:_TEXT_CHARS]
            for name, text in _TEXTS.items()
        },
    }
    return render(
        request,
        "embed/report-dialog.js",
        {"config": config},
        content_type="text/javascript; charset=utf-8",
    )


def _language(request: HttpRequest) -> str:
    """What the page asks for, else what the browser prefers."""
    try:
        return translation.get_supported_language_variant(request.GET.get("lang", ""))
    except LookupError:
        return translation.get_language() or settings.LANGUAGE_CODE


def _errors(status: int, **errors: Any) -> JsonResponse:
    return JsonResponse({"errors": errors}, status=status)


def _open_to_all(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Lets pages of every origin read the answer: the DSN is all that counts."""
    answer["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    answer["Access-Control-Allow-Methods"] = _METHODS
    answer["Access-Control-Allow-Headers"] = "Accept, Content-Type"
    answer["Access-Control-Max-Age"] = "3600"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    # It holds the user's name; and its address says for which project it is.
    answer["Cache-Control"] = "no-store"
    patch_vary_headers(answer, ["Origin"])
    return answer
