"""Nothing that is known to be a secret reaches what is stored, in whatever shape."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.scrub import scrub
from ingest.tags import tags_of, user_identity
from issues.payloads import NO_DICTIONARY, pack, unpack
from issues.titles import describe
from projects.rules import ScrubbingRules
from tests.unit.events import error, event_of, frame

RULES = ScrubbingRules()
KEY_BLOCK = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-256-CBC,0F5A\n\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"
)
# A text as it may stand anywhere, and what of it must be gone.
TEXTS = {
    "password": ("login with password=hunter22 failed", "hunter22"),
    "quoted": ("{'db_password': 'hunter22', 'a': 1}", "hunter22"),
    "json": ('{"client_secret":"hunter22"}', "hunter22"),
    "json in json": (json.dumps({"a": json.dumps({"token": "hunter22"})}), "hunter22"),
    "url user": ("postgres://shop:hunter22@db.example.com/shop", "hunter22"),
    "sql": ("dblink('postgresql://a:hunter22@db/x', 'SELECT 1')", "hunter22"),
    "odbc": ("Server=db;Uid=sa;Pwd=hunter22;Encrypt=yes", "hunter22"),
    "query": ("GET /reset?access_token=hunter22&page=2", "hunter22"),
    "bearer": ("sent Bearer zyxwv.54321", "zyxwv.54321"),
    "basic": ("Authorization: Basic dXNlcjpodW50ZXI=", "dXNlcjpodW50ZXI="),
    "digest": ('authorization: Digest a="b", response="6629fae4"', "6629fae4"),
    "token header": ("curl -H 'Authorization: Token 9944b091'", "9944b091"),
    "cookie": ("Cookie: sessionid=k3j4h5k3; theme=dark", "k3j4h5k3"),
    "php session": ("PHPSESSID=k3j4h5k3", "k3j4h5k3"),
    "jwt": ("got eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJzdWIiOiIx"),
    "private key": (KEY_BLOCK, "MIIEowIBAAKCAQEA7"),
    "cut private key": (KEY_BLOCK[:-25], "MIIEowIBAAKCAQEA7"),
    "aws key": ("used AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    "aws secret": ("aws_secret_access_key = wJalrXUtnFEMI/K7M", "wJalrXUtnFEMI"),
    "github": ("ghp_" + "a1B2c3D4e5" * 4, "a1B2c3D4e5"),
    "slack": ("xoxb-123456789012-abcdef", "123456789012-abcdef"),
    "stripe": ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjt"),
    "sentry": ("sntryu_" + "0a" * 32, "0a0a0a"),
    "card": ("paid with 4111111111111111", "4111111111111111"),
    "card with blanks": ("paid with 4111 1111 1111 1111.", "1111 1111"),
    "card with dashes": ("5105-1051-0510-5100", "5105-1051"),
    "amex": ("3782 822463 10005", "822463"),
}


def stored(payload: dict[str, Any], rules: ScrubbingRules = RULES) -> str:
    """All that is kept of the event, as one text."""
    event = event_of(payload)
    pieces = scrub(event, rules)
    packed = pack(pieces, NO_DICTIONARY)
    stack = packed.stack.data if packed.stack else None
    whole = unpack(packed.payload, NO_DICTIONARY, stack, None)
    shown = [whole, describe(event), tags_of(event), user_identity(event)]
    return json.dumps(shown, default=str, ensure_ascii=False)


def deep(value: Any, depth: int) -> Any:
    for level in range(depth):
        value = {"below": value} if level % 2 else [value]
    return value


# Where a text may stand.
PLACES: dict[str, Any] = {
    "message": lambda text: {"message": text},
    "template": lambda text: {"logentry": {"message": text, "params": []}},
    "parameter": lambda text: {"logentry": {"message": "%s", "params": [text]}},
    "value": lambda text: error(frame("f"), value=text),
    "variable": lambda text: error(frame("f", vars={"a": [{"b": text}]})),
    "thread": lambda text: {
        "threads": [{"stacktrace": {"frames": [frame("f", vars={"a": text})]}}]
    },
    "mechanism": lambda text: error(
        frame("f"), mechanism={"type": "x", "data": {"a": text}}
    ),
    "crumb": lambda text: {"message": "x", "breadcrumbs": [{"message": text}]},
    "data of crumb": lambda text: {
        "message": "x",
        "breadcrumbs": {"values": [{"data": {"a": {"b": text}}}]},
    },
    "extra": lambda text: {"message": "x", "extra": {"a": deep(text, 5)}},
    "key of extra": lambda text: {"message": "x", "extra": {text: 1}},
    "context": lambda text: {"message": "x", "contexts": {"own": {"a": text}}},
    "tag": lambda text: {"message": "x", "tags": {"a": text.replace("\n", " ")}},
    "transaction": lambda text: {"message": "x", "transaction": text},
    "culprit": lambda text: {"message": "x", "culprit": text},
    "fingerprint": lambda text: {"message": "x", "fingerprint": [text]},
    "user": lambda text: {"message": "x", "user": {"id": text}},
    "data of user": lambda text: {"message": "x", "user": {"note": text}},
    "url": lambda text: {"message": "x", "request": {"url": f"/a/{text}"}},
    "query": lambda text: {"message": "x", "request": {"query_string": {"q": text}}},
    "fragment": lambda text: {"message": "x", "request": {"fragment": text}},
    "header": lambda text: {"message": "x", "request": {"headers": {"X-A": text}}},
    "body": lambda text: {"message": "x", "request": {"data": {"a": [text]}}},
    "text of body": lambda text: {"message": "x", "request": {"data": text}},
    "environment": lambda text: {"message": "x", "request": {"env": {"A": text}}},
    "csp": lambda text: {
        "csp": {"effective_directive": "img-src", "blocked_uri": f"https://x/{text}"}
    },
    "wrong field": lambda text: {"message": "x", "tags": text, "modules": text},
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str) -> None:
    text, secret = TEXTS[name]
    leaks = [place for place in PLACES if secret in stored(PLACES[place](text))]
    assert leaks == []


NAMES = (
    *("password", "PASSWORD", "userPassword", "user-password", "passwd", "pwd"),
    *("secret", "client_secret", "clientSecret", "api_key", "apiKey", "x-api-key"),
    *("token", "access_token", "refreshToken", "csrfmiddlewaretoken", "X-CSRF-Token"),
    *("Authorization", "Proxy-Authorization", "HTTP_AUTHORIZATION", "auth"),
    *("cookie", "Set-Cookie", "HTTP_COOKIE", "sessionid", "PHPSESSID", "session"),
    *("credit_card", "cardNumber", "cvv", "cvc2", "ssn", "private_key", "ssh_key"),
    *("aws_secret_access_key", "DB_PASSWORD", "connection_string", "passphrase"),
    *("HTTP_X_AUTH_TOKEN", "HTTP_X_AUTH", "otp", "pin"),
)


@pytest.mark.parametrize("name", NAMES)
def test_fields_by_their_names(name: str) -> None:
    secrets: tuple[Any, ...] = ("hunter22", 77001177, 7.7001177)
    values = [*secrets, [secrets[0]], {"a": {"b": secrets[1]}}]
    pairs = [[name, secrets[0]]]
    payload = error(
        frame("f", vars={"a": [{name: value} for value in values]}),
        extra={"a": [deep({name: value}, 5) for value in values]},
        contexts={f"own-{at}": {name: value} for at, value in enumerate(values)},
        user={"id": "1", name: values},
        breadcrumbs=[{"data": {name: value}} for value in values],
        tags=[deep({name: secrets[0]}, 2)],
        modules=[{name: values}],
        request={
            "headers": pairs,
            "query_string": pairs,
            "env": {name: values[0]},
            "data": {"a": [{name: value} for value in values]},
        },
    )
    whole = stored(payload)
    assert [secret for secret in secrets if str(secret) in whole] == []


def test_cookies_are_secrets_whatever_their_names() -> None:
    for cookies in ("theme=hunter22; a=b", {"theme": "hunter22"}, [["a", "hunter22"]]):
        assert "hunter22" not in stored(
            {"message": "x", "request": {"cookies": cookies}}
        )
    header = {"headers": {"Cookie": "theme=hunter22"}}
    assert "hunter22" not in stored({"message": "x", "request": header})


def test_cookies_that_the_sdk_has_filtered_whole_stay_pairs() -> None:
    header = {"headers": {"Cookie": "[Filtered]", "Authorization": "hunter22"}}
    whole = stored({"message": "x", "request": header})
    assert '"cookies": [["[Filtered]", "[Filtered]"]]' in whole
    assert "hunter22" not in whole


def test_odd_shapes_are_looked_at_as_well() -> None:
    odd: list[Any] = [
        [["password", "hunter22"], ["a", "b"]],
        {"list": [["token", "hunter22"]]},
        {"auth": [[1, "hunter22"]], "cookies": [["a", "[Filtered]"], [["hunter22"]]]},
        {"token\u0000": "hunter22"},
        {'a"password"': "hunter22"},
        {"a\\": {"secret": "hunter22"}},
        {"é": {"geheim_token": "hunter22"}},
        deep({"password": "hunter22"}, 60),
        {"password": [[["hunter22"]]], "after": "kept"},
        {"x" * 300 + "password": "hunter22"},
    ]
    for extra in odd:
        payload = error(frame("f", vars={"odd": extra}), extra={"odd": extra})
        assert "hunter22" not in stored(payload), extra


def test_what_stands_around_a_secret_is_kept() -> None:
    extra = {"a": "x", "password": {"b": [1, "}"]}, "c": 'say "hi" \\', "d": [1, 2]}
    event = event_of({"message": "x", "extra": extra})
    packed = pack(scrub(event), NO_DICTIONARY)
    whole = unpack(packed.payload, NO_DICTIONARY, None, None)
    assert whole["extra"] == {**extra, "password": "[Filtered]"}


@pytest.mark.parametrize(
    "text",
    [
        '{"auth": {"a": ["hunter22"]}, "b": 1}',
        '[{"pwd": 1, "deep": {"session": {"id": "hunter22"}}}]',
        '{"a": "' + "x" * 100 + '", "credentials": {"b": "hunter22", "c',
        json.dumps({"a": json.dumps({"auth": {"b": "hunter22"}})}),
        "{'auth': 'hunter22', 'pin': 1}",
        'sent {"auth":"hunter22"} to shop',
    ],
)
def test_texts_that_are_json_or_hold_it(text: str) -> None:
    assert "hunter22" not in stored({"message": text, "extra": {"a": [text]}})


def test_addresses_of_scripts() -> None:
    for _ in range(2):
        script = frame("f", abs_path="https://a:hunter22@cdn.example/app.js")
        decorated = frame("g", context_line="@app.route('https://x/')", filename="a.py")
        whole = stored(error(script, decorated))
        assert "hunter22" not in whole
        assert "https://[Filtered]@cdn.example/app.js" in whole
        assert "@app.route('https://x/')" in whole


def test_notes_on_wrong_fields_are_looked_at() -> None:
    wrong = [{"auth": {"a": "hunter22"}, "long": "x" * 500, "pwd": "hunter22"}]
    whole = stored({"message": "x", "extra": wrong, "contexts": wrong, "user": wrong})
    assert "invalid_data" in whole
    assert "hunter22" not in whole


def test_texts_full_of_signs_take_no_time() -> None:
    for text in (
        '{"auth":' * 2000,
        '[{"a":"' * 2000,
        "\\\\" * 4000 + '"token":',
        "authorization: " * 1000,
        "-----BEGIN PRIVATE KEY-----" * 500,
        "'pin'" * 3000,
        "AKIA" * 4000,
        "pwd=" * 4000,
        json.dumps(json.dumps(json.dumps({"token": "hunter22"}))) * 100,
    ):
        stored(error(frame("f", vars={"a": text}), value=text, extra={text: text}))
