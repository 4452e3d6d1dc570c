"""Errors of the web API: JSON with one sentence, `{"detail": "…"}`, whatever failed."""

from __future__ import annotations

import logging
import sys
from typing import Any, TypedDict

from django.core.exceptions import SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import bad_request as bad_request_page
from django.views.defaults import server_error as server_error_page
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response
from rest_framework.views import exception_handler

# Whose answers are JSON also where no view was reached.
PREFIX = "/api/"
NOT_FOUND = "The requested resource does not exist"

logger = logging.getLogger(__name__)


class ErrorShape(TypedDict):
    """Every answer with a status of 400 or more."""

    detail: str


class StoreAway(APIException):
    """The database did not answer: asking again later may help."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database can't be reached, try again in a moment"
    wait = 5  # Seconds, for Retry-After.


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception of a view; None for what is our own fault."""
    response = exception_handler(_translate(error), context)
    if response is None:
        return None
    if response.status_code == status.HTTP_404_NOT_FOUND:
        response.data = {"detail": NOT_FOUND}
    else:
        response.data = {"detail": sentence(response.data)}
    return response


def sentence(detail: Any) -> str:
    """One text for what may be a tree of messages by field.

    >>> sentence({"limit": ["A valid integer is required."]})
    'limit: A valid integer is required.'
    """
    if isinstance(detail, dict):
        named = ((name, sentence(value)) for name, value in detail.items())
        return " ".join(
            text if name in ("detail", "non_field_errors") else f"{name}: {text}"
            for name, text in named
        )
    if isinstance(detail, list):
        return " ".join(sentence(one) for one in detail)
    return str(detail)


@csrf_exempt
def not_found(request: HttpRequest) -> JsonResponse:
    """The answer under the API's address where no view is."""
    return JsonResponse({"detail": NOT_FOUND}, status=status.HTTP_404_NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a page, but for the API a sentence."""
    if request.path_info.startswith(PREFIX):
        return JsonResponse(
            {"detail": "The service failed; the error has been noted"}, status=500
        )
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        # Like the page of an error it knows neither user nor project.
        away = HttpResponse(get_template("503.html").render(), status=503)
        away.headers["Retry-After"] = str(StoreAway.wait)
        return away
    return server_error_page(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a page, but for the API a sentence."""
    if request.path_info.startswith(PREFIX):
        return JsonResponse({"detail": "The request is malformed"}, status=400)
    return bad_request_page(request, exception)


def _translate(error: Exception) -> Exception:
    """Errors of the driver and of Django's own request parsing as the API's."""
    if isinstance(error, DataError):
        return ParseError("The request holds a value that can't be looked up")
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("the database failed under a call of the API", exc_info=error)
        return StoreAway()
    if isinstance(error, SuspiciousOperation):
        return ParseError("The request has too many or malformed parameters")
    return error
