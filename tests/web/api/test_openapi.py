"""The OpenAPI document: complete, without guesses, and open to anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from tests.web.api.client import document


def test_it_is_made_without_warnings() -> None:
    call_command("spectacular", fail_on_warn=True, validate=True, file=os.devnull)


def test_it_holds_every_view_of_the_api() -> None:
    views = list(_api_views(get_resolver().url_patterns))
    assert len(views) > 20
    assert len(views) == len(document()["paths"])


def test_every_answer_has_a_shape() -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                assert status in {"202", "204"} or "content" in answer, (method, path)


def test_anybody_may_read_it() -> None:
    response = Client().get("/api/0/openapi.json")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["openapi"].startswith("3.1")


def _api_views(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _api_views(pattern.url_patterns)
        elif issubclass(getattr(pattern.callback, "cls", object), APIView):
            yield str(pattern.pattern)
