"""Credentials in every form that clients send."""

from __future__ import annotations

import base64

import pytest

from ingest.auth import (
    DSN,
    AuthError,
    Credentials,
    credentials,
    parse_dsn,
    public_key,
)

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
SECRET = "x" * 32


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    "header",
    [
        f"Sentry sentry_key={KEY},sentry_version=7",
        f"sentry sentry_key={KEY}, sentry_version=7",
        f"SENTRY   sentry_version=2.0 , sentry_secret={SECRET} , sentry_key={KEY}",
        f"Sentry sentry_key={KEY} sentry_version=5",
        f"sentry_version=6,sentry_key={KEY}",
        f'Sentry sentry_key="{KEY}", sentry_timestamp=1795408038123456789, new=1',
    ],
)
def test_the_header_is_read_leniently(header: str) -> None:
    found = credentials({b"x-sentry-auth": header.encode()}, b"")
    assert found == Credentials(KEY)


def test_the_client_is_told() -> None:
    header = f"Sentry sentry_key={KEY}, sentry_client=raven-python/6.10.0"
    found = credentials({b"authorization": header.encode()}, b"")
    assert found == Credentials(KEY, "raven-python/6.10.0")
    query = f"sentry_key={KEY}&sentry_client=sentry.javascript.node%2F11.12.0"
    found = credentials({}, query.encode())
    assert found == Credentials(KEY, "sentry.javascript.node/11.12.0")


def test_a_client_name_is_short_and_plain() -> None:
    query = f"sentry_key={KEY}&sentry_client=a%00b%0A{'c' * 200}"
    found = credentials({}, query.encode())
    assert found == Credentials(KEY, "ab" + "c" * 98)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({b"authorization": basic(f"{KEY}:{SECRET}")}, b""),
        ({b"authorization": basic(KEY)}, b""),
        ({b"authorization": b"DSN https://" + KEY.encode() + b"@host/1"}, b""),
        ({}, f"sentry_version=7&sentry_key={KEY}".encode()),
        ({}, f"sentry_key={KEY}&sentry_key={OTHER}".encode()),
    ],
)
def test_other_forms_are_read(headers: dict[bytes, bytes], query: bytes) -> None:
    assert credentials(headers, query) == Credentials(KEY)


def test_the_first_of_several_forms_counts() -> None:
    ours = f"Sentry sentry_key={KEY}".encode()
    query = f"sentry_key={OTHER}".encode()
    headers = {b"x-sentry-auth": ours, b"authorization": basic(OTHER)}
    assert credentials(headers, query) == Credentials(KEY)
    # A password that a proxy asks for does not hide the key.
    headers = {b"authorization": basic("somebody:secret")}
    assert credentials(headers, query) == Credentials(OTHER)


@pytest.mark.parametrize(
    "headers",
    [{}, {b"authorization": b"Bearer abc"}, {b"authorization": b"Basic"}],
)
def test_nothing_is_found_where_nothing_is(headers: dict[bytes, bytes]) -> None:
    assert credentials(headers, b"sentry_version=7") is None


@pytest.mark.parametrize("version", ["2.0", "4", "5", "6", "7", "7.0", "8"])
def test_versions_seen_in_the_wild_pass(version: str) -> None:
    query = f"sentry_key={KEY}&sentry_version={version}"
    assert credentials({}, query.encode()) == Credentials(KEY)


@pytest.mark.parametrize(
    "header",
    [
        b"Sentry",
        b"Sentry sentry_version=7",
        b"Sentry sentry_key=",
        b"Sentry sentry_key=short",
        b"Sentry sentry_key=" + KEY.encode() + b"0",
        b"Sentry sentry_key=\xff" + KEY.encode()[1:],
        b"Sentry sentry_key=" + KEY.encode() + b", sentry_version=1",
        b"Sentry sentry_key=" + KEY.encode() + b", sentry_version=nan",
        b"Sentry sentry_key=" + KEY.encode() + b", sentry_version=seven",
        b"x" * 10_000,
    ],
)
def test_what_cannot_be_understood_is_refused(header: bytes) -> None:
    with pytest.raises(AuthError):
        credentials({b"x-sentry-auth": header}, b"")


def test_bad_basic_authorization_is_refused() -> None:
    with pytest.raises(AuthError):
        credentials({b"authorization": b"Basic \xff\xff"}, b"")


@pytest.mark.parametrize(
    "text",
    [
        f"https://{KEY}@errors.example.com/7",
        f"http://{KEY}:{SECRET}@localhost:8000/a/prefix/7/",
        f"http://{KEY}@[::1]:9000/7",
    ],
)
def test_a_dsn_tells_key_and_project(text: str) -> None:
    assert parse_dsn(text) == DSN(KEY, 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "junk",
        "https://host/1",
        f"https://{KEY}@host/",
        f"https://{KEY}@host/x",
        f"https://{KEY}@[host/1",
        f"https://{KEY}@host/{'9' * 30}",
        "https://abc@host/1",
    ],
)
def test_a_dsn_that_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(AuthError):
        parse_dsn(text)


def test_a_key_is_the_same_in_every_spelling() -> None:
    dashed = "01234567-89AB-CDEF-0123-456789ABCDEF"
    assert public_key(dashed) == KEY
