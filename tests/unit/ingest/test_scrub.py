"""Secrets do not reach the store, and what is none does."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.scrub import scrub
from issues.event import Event
from issues.payloads import NO_DICTIONARY, pack, unpack
from tests.unit.events import error, event_of, frame

CARD = "4111 1111 1111 1111"
FILTERED = "[Filtered]"


def scrubbed(payload: object = None, **fields: Any) -> Event:
    """The event as it comes back from the store."""
    packed = pack(scrub(event_of(payload, **fields)), NO_DICTIONARY)
    stack = packed.stack.data if packed.stack else None
    return unpack(packed.payload, NO_DICTIONARY, stack, None)


def extra_of(**extra: Any) -> dict[str, Any]:
    return scrubbed(extra=extra)["extra"]


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "user_passwd", "passphrase", "api_key", "API-Key"),
        *("apiKey", "X-Api-Key", "access_token", "authToken", "client_secret"),
        *("Authorization", "HTTP_AUTHORIZATION", "cookie", "Set-Cookie", "session"),
        *("sessionid", "PHPSESSID", "csrftoken", "X-CSRF-Token", "xsrf", "private_key"),
        *("credit_card", "cardNumber", "card_number", "cvv", "ssn", "jwt", "auth"),
        *("AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "credentials", "pwd"),
    ],
)
def test_fields_are_filtered_by_name(name: str) -> None:
    assert extra_of(**{name: "tiger"}) == {name: FILTERED}
    assert extra_of(a=[{name: {"b": "tiger"}}]) == {"a": [{name: FILTERED}]}


@pytest.mark.parametrize(
    "name",
    [
        *("max_tokens", "token_count", "tokenizer", "total_tokens", "author", "passed"),
        *("compass", "cart", "key", "keyboard", "session_count"),
        *("path", "user", "description", "spin"),
    ],
)
def test_other_names_say_nothing(name: str) -> None:
    assert extra_of(**{name: "tiger"}) == {name: "tiger"}


def test_what_is_no_secret_of_a_secret_name_stays() -> None:
    extra = {"password": None, "token": "", "is_secret": True}
    assert extra_of(**extra) == extra


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("paid by 4111 1111 1111 1111 today", "paid by [Filtered] today"),
        ("5555-5555-5555-4444", "[Filtered]"),
        ("378282246310005", "[Filtered]"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [Filtered]"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic [Filtered]"),
        ("postgres://u:pw@db/x and y", "postgres://[Filtered]@db/x and y"),
        ("/x?access_token=zzz111&y=1", "/x?access_token=[Filtered]&y=1"),
        ("Config(password='hunter2', n=1)", "Config(password=[Filtered], n=1)"),
        ("{'api_key': 'abc123'}", "{'api_key': [Filtered]}"),
        ('{"token": "abc", "a": 1}', '{"token":"[Filtered]","a":1}'),
        ("Password: hunter2", "Password: [Filtered]"),
        ("got eyJhbGciOiJI.eyJzdWIiOiIx.abc", "got [Filtered]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
            "[Filtered]",
        ),
    ],
)
def test_texts_are_cleaned(text: str, clean: str) -> None:
    assert extra_of(a=text, b=[text], c={"d": text}) == {
        "a": clean,
        "b": [clean],
        "c": {"d": clean},
    }


@pytest.mark.parametrize(
    "text",
    [
        *(
            "4111 1111 1111 1112",
            "1795408038956",
            "0.4111111111111111",
            "token count: 5",
        ),
        *("https://x.org/a@b", "mail a@b.c", "max_tokens=100", "the secret is out"),
        *("bearer of news", "1" * 40, "2026-11-23T04:29:08.839919Z"),
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert extra_of(a=text, b="password=x1234")["a"] == text


def test_numbers_of_cards_are_filtered() -> None:
    assert extra_of(a=4111111111111111, b=[5105105105105100], c=1795408038956) == {
        "a": FILTERED,
        "b": [FILTERED],
        "c": 1795408038956,
    }


def test_variables_of_all_traces_are_looked_at() -> None:
    def secret() -> dict[str, Any]:
        return frame("f", filename="a.py", vars={"password": "x", "note": CARD})

    trace = {"frames": [secret()]}
    event = scrubbed(error(secret(), threads=[{"stacktrace": trace}]))
    shown = str(event["exception"]) + str(event["threads"])
    assert CARD not in shown
    assert shown.count(FILTERED) == 4
    assert CARD not in str(scrubbed(message="x", stacktrace=trace))


def test_the_request_is_looked_at() -> None:
    request = scrubbed(
        request={
            "url": "https://u:pw@x.org/?token=a&page=2",
            "headers": {"Authorization": "Basic x", "X-Token": "t", "Accept": "*/*"},
            "cookies": {"theme": "dark"},
            "data": {"user": {"password": "x"}, "n": 1},
            "env": {"DB_PASSWORD": "x", "SERVER_PORT": "80"},
        }
    )["request"]
    assert request == {
        "url": "https://[Filtered]@x.org/",
        "query_string": [["token", FILTERED], ["page", "2"]],
        "headers": [
            ["Authorization", FILTERED],
            ["X-Token", FILTERED],
            ["Accept", "*/*"],
        ],
        "cookies": [["theme", FILTERED]],
        "data": {"user": {"password": FILTERED}, "n": 1},
        "env": {"DB_PASSWORD": FILTERED, "SERVER_PORT": "80"},
    }


def test_the_rest_of_the_event_is_looked_at() -> None:
    event = scrubbed(
        {
            "logentry": {"message": "card %s", "params": [CARD]},
            "exception": [{"type": "E", "value": CARD}],
            "breadcrumbs": [
                {"message": CARD, "data": {"token": "t", "url": "a://b:c@d"}}
            ],
            "user": {"id": "1", "data": {"password": "x"}},
            "contexts": {"own": {"secret": "x", "note": CARD}},
            "tags": {"api_key": "x", "note": CARD},
        }
    )
    assert CARD not in str(event)
    assert event["user"]["data"] == {"password": FILTERED}
    assert event["contexts"]["own"]["secret"] == FILTERED
    assert event["tags"] == [["api_key", FILTERED], ["note", FILTERED]]
    crumb = event["breadcrumbs"]["values"][0]
    assert crumb["data"] == {"token": FILTERED, "url": "a://[Filtered]@d"}


def test_what_lies_too_deep_to_look_at_is_dropped() -> None:
    deep: Any = {"password": "tiger"}
    for _ in range(40):
        deep = {"below": deep}
    event = scrubbed(error(frame("f", filename="a.py", vars={"deep": deep})))
    assert "tiger" not in str(event)


def test_a_text_full_of_hints_takes_no_time() -> None:
    for text in (
        "://" * 5000,
        "token" * 3000,
        "1 " * 8000,
        "passw=" * 2000,
        "-----BEGIN " * 900,
        "1795408038956," * 20_000,
        "a@://b c" * 20_000,
    ):
        scrubbed(error(frame("f", filename="a.py", vars={"a": text + "@"})))
