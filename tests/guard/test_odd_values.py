"""No address fails or takes long, whatever its path, parameters or body hold.

Every address that the service has is asked, by an owner who may do everything; what a
request changes is taken back.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django import Settings

from issues.models import Issue
from issues.store import forget_everything
from projects.models import Membership
from projects.tokens import SCOPES, create_token
from tests.factories import make_issue, make_organization, make_project
from tests.guard.test_access import Address, addresses, furnish
from tests.people import make_member, signed_in
from tests.web.api.client import document

pytestmark = pytest.mark.django_db

# As bytes of an address: not all of them are text.
TEXTS: Sequence[bytes] = (
    b"",
    b"\0",
    b"-1",
    b"99999999999999999999999999",
    b"1e999",
    "٣".encode(),
    b"%00%ff",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"a" * 10_000,
    b"(" * 500,
    b'"*?\\[]{}!:><',
    b"2026-99-99T99:99:99Z",
    "../\u202e//evil.example".encode(),
)
VALUES: Sequence[Any] = (
    None,
    -1,
    10**30,
    "\0",
    "\ud800",
    "x" * 10_000,
    [],
    [None, {"a": [1]}],
    {"id": {"id": []}},
    ["\0", -1, 10**20, "\udfff"],
)
BODIES: Sequence[bytes] = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"1e999",
    b"{",
    b'{"a":1}{"b":2}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 5_000,
    b'{"\\u0000":"\\ud800"}',
)
# Of Python; what PostgreSQL may take is bounded by the server.
REQUEST_MAX_S = 1.0
# That something is amiss is what these tell.
TELLS_OF_FAILURES = {"health/ready", "health/live"}


@pytest.fixture(autouse=True)
def _light(settings: Settings) -> Iterator[None]:
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    logging.disable()
    forget_everything()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def issue(data_folder: Path) -> Issue:
    """An issue in an organization that has one of everything."""
    organization = make_organization("acme")
    owner = make_member(organization)
    organization.teams.create(slug="core", name="Core")
    create_token(user=owner.user, organization=organization, name="ci", scopes=SCOPES)
    issue = make_issue(
        make_project("shop", organization=organization), release="shop@1.0.0"
    )
    furnish(issue)
    return issue


class Visitor:
    """Asks as the owner, and keeps what failed."""

    def __init__(self) -> None:
        owner = Membership.objects.get(organization__slug="acme")
        _, token = create_token(
            user=owner.user,
            organization=owner.organization,
            name="odd",
            scopes=SCOPES,
        )
        self._pages = signed_in(owner.user)
        self._api = Client(headers={"authorization": f"Bearer {token}"})
        for client in (self._pages, self._api):
            client.raise_request_exception = False
        self.failures: list[str] = []

    def ask(self, method: str, address: Address, path: str, **sent: Any) -> bool:
        """Whether the address takes the method at all."""
        if address.route in TELLS_OF_FAILURES:
            return False
        client = self._api if address.route.startswith("api/") else self._pages
        began = time.thread_time()
        with transaction.atomic():
            answer: Any = client.generic(method, path, **sent)
            if answer.streaming:
                b"".join(answer)
            transaction.set_rollback(True)
        took_s = time.thread_time() - began
        if answer.status_code >= 500 or took_s > REQUEST_MAX_S:
            told = f"{method} {address.route}: {answer.status_code} in {took_s:.1f} s"
            asked = repr(path.removeprefix(address.path) + repr(sent))
            self.failures.append(f"{told}, by {asked[:200]}")
        return bool(answer.status_code != 405)


@contextmanager
def looked_up() -> Iterator[set[str]]:
    """The names that anybody asks a query or a form for during the block."""
    names: set[str] = set()
    kept = {
        name: getattr(QueryDict, name) for name in ("__getitem__", "get", "getlist")
    }

    def noting(of: str) -> Any:
        def look_up(self: QueryDict, key: str, *more: Any, **named: Any) -> Any:
            names.add(str(key))
            return kept[of](self, key, *more, **named)

        return look_up

    with pytest.MonkeyPatch.context() as patch:
        for name in kept:
            patch.setattr(QueryDict, name, noting(name))
        yield names


def leads_to(address: Address, path: str) -> bool:
    """Whether the path is one of the address's; what is nobody's ends before any."""
    try:
        return resolve(unquote(path)).route == address.route
    except Resolver404:
        return False


def spread(names: Sequence[str], values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Each name with each of the values, in as many turns as there are values."""
    for turn in range(len(values)):
        yield {
            name: values[(turn + place) % len(values)]
            for place, name in enumerate(names)
        }


def encoded(asked: Mapping[str, bytes]) -> str:
    return urlencode(asked, quote_via=quote)


def schemas() -> dict[str, list[str]]:
    """The names in the JSON body of each operation: method and path."""
    found: dict[str, list[str]] = {}
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {})
            body: Any = next(iter(content.values()), {"schema": {}})
            schema = body["schema"]
            name = schema.get("$ref", "").rpartition("/")[2]
            known = document()["components"]["schemas"].get(name, schema)
            found[f"{method.upper()} {path}"] = sorted(known.get("properties", {}))
    return found


def body_names(address: Address, method: str, known: dict[str, list[str]]) -> list[str]:
    """Those of the operation whose path has the most in common with the route."""
    shape = address.route.replace("<", "{").replace(">", "}")
    for converter in ("str:", "slug:", "int:", "path:", "uuid:"):
        shape = shape.replace(converter, "")
    return known.get(f"{method} /{shape}", [])


def test_odd_parameters_break_no_address(issue: Issue) -> None:
    visitor = Visitor()
    for address in addresses(issue, but=set()):
        with looked_up() as names:
            is_taken = visitor.ask("GET", address, address.path)
        for asked in spread(sorted(names), TEXTS) if names and is_taken else ():
            visitor.ask("GET", address, f"{address.path}?{encoded(asked)}")
    assert visitor.failures == []


def test_odd_paths_break_no_address(issue: Issue) -> None:
    visitor = Visitor()
    for address in addresses(issue, but=set()):
        parts = address.path.split("/")
        for place, part in enumerate(address.route.split("/"), 1):
            if "<" not in part:
                continue
            for text in TEXTS:
                changed = [*parts]
                changed[place] = quote(text, safe="")
                path = "/".join(changed)
                if leads_to(address, path):
                    visitor.ask("GET", address, path)
    assert visitor.failures == []


def test_odd_forms_break_no_address(issue: Issue) -> None:
    visitor = Visitor()
    form = "application/x-www-form-urlencoded"
    for address in addresses(issue, but=set()):
        if address.route.startswith("api/0/"):
            continue
        with looked_up() as names:
            is_taken = visitor.ask(
                "POST", address, address.path, data=b"", content_type=form
            )
        for asked in spread(sorted(names), TEXTS) if names and is_taken else ():
            data = encoded(asked).encode()
            visitor.ask("POST", address, address.path, data=data, content_type=form)
    assert visitor.failures == []


def test_odd_bodies_break_no_address(issue: Issue) -> None:
    visitor, known = Visitor(), schemas()
    for address in addresses(issue, but=set()):
        if not address.route.startswith("api/0/"):
            continue
        for method in ("POST", "PUT", "DELETE"):
            names = body_names(address, method, known)
            bodies = [json.dumps(asked).encode() for asked in spread(names, VALUES)]
            for data in (*BODIES, *(bodies if names else ())):
                is_taken = visitor.ask(
                    method,
                    address,
                    address.path,
                    data=data,
                    content_type="application/json",
                )
                if not is_taken:
                    break
    assert visitor.failures == []
