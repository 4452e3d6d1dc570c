"""A client of the web API that holds every answer against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from jsonschema import Draft202012Validator

from projects.models import Organization, Role, User
from projects.tokens import SCOPES, create_token
from tests.people import make_member

PREFIX = "/api/0"
_LINK = re.compile(
    r'<(?P<url>[^>]+)>; rel="(?P<rel>\w+)"; results="(?P<results>\w+)"; '
    r'cursor="(?P<cursor>[^"]*)"'
)


class Answer:
    """What a call gave: status, headers, and the JSON that was in it."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.body: Any = json.loads(response.content) if response.content else None

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The parts of the Link header by `rel`."""
        found = _LINK.finditer(self.headers["Link"])
        return {match["rel"]: match.groupdict() for match in found}

    @property
    def next_cursor(self) -> str | None:
        link = self.links["next"]
        return link["cursor"] if link["results"] == "true" else None

    @property
    def previous_cursor(self) -> str | None:
        link = self.links["previous"]
        return link["cursor"] if link["results"] == "true" else None


class API:
    """Calls with one token, or with none."""

    def __init__(self, token: str | None) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = Client(headers=headers, raise_request_exception=False)

    def get(self, path: str, **parameters: object) -> Answer:
        return self._call("GET", path, parameters, None)

    def put(self, path: str, body: object, **parameters: object) -> Answer:
        return self._call("PUT", path, parameters, body)

    def post(self, path: str, body: object) -> Answer:
        return self._call("POST", path, {}, body)

    def call(
        self, method: str, path: str, body: object = None, **parameters: object
    ) -> Answer:
        return self._call(method, path, parameters, {} if body is None else body)

    def _call(
        self, method: str, path: str, parameters: dict[str, object], body: object
    ) -> Answer:
        query = urlencode(parameters, doseq=True)
        response = self._client.generic(
            method,
            f"{PREFIX}{path}?{query}",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
        )
        answer = Answer(response)
        if answer.body is not None:
            assert response.headers["Content-Type"] == "application/json"
        assert_documented(method, f"{PREFIX}{path}", answer)
        return answer


def api_of(
    organization: Organization,
    role: str = Role.OWNER,
    *,
    user: User | None = None,
    scopes: Iterable[str] = SCOPES,
) -> API:
    """A client with the token of a member, by default a new one."""
    if user is None:
        user = make_member(organization, role).user
    _, plain = create_token(
        user=user, organization=organization, name="test", scopes=scopes
    )
    return API(plain)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document as the service gives it."""
    response = Client().get(f"{PREFIX}/openapi.json")
    assert response.status_code == 200
    told: dict[str, Any] = response.json()
    return told


def operations() -> Sequence[tuple[str, str]]:
    """(method, path with its variables in braces) of every operation."""
    return [
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    ]


def assert_documented(method: str, path: str, answer: Answer) -> None:
    """The answer has the shape that the document promises for its status."""
    template = _template_of(path)
    if template is None:
        assert answer.status == 404
        return
    operation = document()["paths"][template].get(method.lower())
    responses = operation["responses"] if operation else _refusals()
    told = responses.get(str(answer.status)) or responses[f"{answer.status // 100}XX"]
    content = told.get("content")
    if content is None:
        assert answer.body is None
        return
    schema = content["application/json"]["schema"]
    _validator(json.dumps(schema)).validate(answer.body)


def _refusals() -> dict[str, Any]:
    """What a method that an address does not have is answered."""
    refused: dict[str, Any] = document()["paths"][f"{PREFIX}/"]["get"]["responses"]
    return refused


@cache
def _validator(schema: str) -> Draft202012Validator:
    parts = {"components": document()["components"]}
    return Draft202012Validator(json.loads(schema) | parts)


def _template_of(path: str) -> str | None:
    """The document's path that matches; one without variables before others."""
    for template in sorted(document()["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path):
            return str(template)
    return None
