"""A project's own rules say what else is secret, and what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.scrub import scrub
from ingest.tags import user_identity
from issues.event import Event
from issues.payloads import NO_DICTIONARY, pack, unpack
from issues.presentation.event import view_of
from issues.presentation.stack import Choice, trace_of
from projects.rules import ScrubbingRules
from tests.unit.events import event_of, frame

FILTERED = "[Filtered]"
CARD = "4111 1111 1111 1111"


def scrubbed(payload: dict[str, Any], **rules: Any) -> Event:
    pieces = scrub(event_of(payload), ScrubbingRules(**rules))
    return unpack(pack(pieces, NO_DICTIONARY).payload, NO_DICTIONARY, None, None)


def extra_of(extra: dict[str, Any], **rules: Any) -> dict[str, Any]:
    return scrubbed({"message": "x", "extra": extra}, **rules)["extra"]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("birthday", "birthday"),
        ("birthday", "user_birthday"),
        ("Birthday", "BIRTHDAYS"),
        ("birth_date", "birthDate"),
        ("birth_date", "user-birth-date"),
        ("birthDate", "BIRTH_DATE"),
        ("iban2", "iban2"),
        ("密码", "用户密码"),
        ("Straße", "straße"),
        ("ключ", "КЛЮЧ"),
        ("sess", "possession"),
        ("ey", "key"),
    ],
)
@pytest.mark.parametrize("has_defaults", [True, False])
def test_further_fields(word: str, name: str, has_defaults: bool) -> None:
    rules: dict[str, Any] = {
        "sensitive_fields": (word,),
        "uses_defaults": has_defaults,
    }
    extra = {"a": [{name: "tiger"}, {name: {"deep": ["tiger"]}}], "other": "kept"}
    found = extra_of(extra, **rules)
    assert found == {"a": [{name: FILTERED}, {name: FILTERED}], "other": "kept"}
    assert extra_of(extra) == extra
    tags = scrubbed({"message": "x", "tags": {"birthday": "tiger"}}, **rules)["tags"]
    assert ("tiger" in str(tags)) == (word.lower() != "birthday")


def test_further_fields_within_texts() -> None:
    text = "born: birth_date=1990-01-01, 'birthDate': '1990-01-01', page=2"
    (found,) = extra_of({"a": text}, sensitive_fields=("birth_date",)).values()
    assert "1990" not in found
    assert found.startswith("born: ")
    assert found.endswith(", page=2")
    body = json.dumps({"birthDate": {"year": 1990}, "page": 2})
    (found,) = extra_of({"a": body}, sensitive_fields=("birth_date",)).values()
    assert json.loads(found) == {"birthDate": FILTERED, "page": 2}


def test_further_fields_leave_what_usually_is_a_secret_one() -> None:
    extra = {
        "key": "k",
        "jwt": "x",
        "a": "got eyJhbGciOiJI.eyJzdWIiOiIx.c2ln",
        "b": CARD,
    }
    found = extra_of(extra, sensitive_fields=("ey", "1"))
    assert found == {
        "key": FILTERED,
        "jwt": FILTERED,
        "a": "got [Filtered]",
        "b": FILTERED,
    }


@pytest.mark.parametrize("words", [("-", "_ "), ("",), ("*",)])
def test_words_of_signs_alone_filter_nothing(words: tuple[str, ...]) -> None:
    assert extra_of({"a-b": "kept"}, sensitive_fields=words) == {"a-b": "kept"}


def test_safe_fields_are_kept() -> None:
    extra = {
        "session": "kept",
        "Card_Number": CARD,
        "session_token": "gone",
        "note": "token=gone1 session=kept",
        "number": 4111111111111111,
        "pairs": [["session", "kept"], ["token", "gone"]],
    }
    found = extra_of(extra, safe_fields=("session", "card number", "number"))
    assert found == {
        "session": "kept",
        "Card_Number": CARD,
        "session_token": FILTERED,
        "note": f"token={FILTERED} session=kept",
        "number": 4111111111111111,
        "pairs": [["session", "kept"], ["token", FILTERED]],
    }


def test_a_safe_field_wins_over_a_further_one() -> None:
    rules = {"sensitive_fields": ("birth",), "safe_fields": ("birthplace",)}
    found = extra_of({"birthplace": "x", "birthday": "x"}, **rules)
    assert found == {"birthplace": "x", "birthday": FILTERED}


def test_without_defaults_only_further_fields_are_secret() -> None:
    payload = {
        "message": f"password=tiger {CARD}",
        "extra": {"password": "tiger", "iban": "DE0"},
        "request": {"cookies": {"a": "b"}},
    }
    event = scrubbed(payload, uses_defaults=False, sensitive_fields=("iban",))
    assert event["logentry"]["formatted"] == f"password=tiger {CARD}"
    assert event["extra"] == {"password": "tiger", "iban": FILTERED}
    assert event["request"]["cookies"] == [["a", "b"]]


def test_switched_off_nothing_is_filtered() -> None:
    deep: Any = {"password": "tiger"}
    for _ in range(300):
        deep = [deep]
    payload = {"message": "token=tiger", "extra": {"password": "tiger"}}
    event = scrubbed(payload, is_on=False, sensitive_fields=("password",))
    assert event["extra"] == {"password": "tiger"}
    assert scrubbed({"message": "x", "contexts": {"a": {"b": deep}}}, is_on=False)


@pytest.mark.parametrize("is_on", [True, False])
def test_addresses_are_dropped(is_on: bool) -> None:
    address = "198.51.100.7"
    payload = {
        "message": "x",
        "platform": "javascript",
        "user": {"ip_address": address, "geo": {"city": "Graz"}},
        "request": {
            "env": {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": address, "A": "b"},
            "headers": {
                "X-Forwarded-For": address,
                "X-Real-IP": address,
                "Accept": "*",
            },
        },
    }
    event = event_of(payload)
    pieces = scrub(event, ScrubbingRules(is_on=is_on, drops_addresses=True))
    packed = pack(pieces, NO_DICTIONARY)
    whole = unpack(packed.payload, NO_DICTIONARY, None, None)
    assert address not in str(whole)
    assert whole["request"] == {"env": {"A": "b"}, "headers": [["Accept", "*"]]}
    assert user_identity(event) is None
    assert address in str(scrubbed(payload))


_PARTS = (
    *("exception", "value", "values", "stacktrace", "mechanism", "threads", "frames"),
    *("request", "headers", "cookies", "env", "user", "contexts", "os", "extra"),
)


@pytest.mark.parametrize("word", _PARTS)
def test_a_word_that_names_a_part_of_the_event_leaves_it_readable(word: str) -> None:
    stack = {"frames": [frame("f", vars={"a": 1})]}
    mechanism = {"type": "generic", "handled": False}
    raised = {"type": "T", "value": "v", "mechanism": mechanism, "stacktrace": stack}
    payload = {
        "exception": {"values": [raised]},
        "threads": {"values": [{"id": 1, "stacktrace": stack}]},
        "request": {
            "url": "https://x.example/",
            "headers": {"A": "b", "Cookie": "a=b"},
            "env": {"A": "b"},
        },
        "user": {"id": "1"},
        "contexts": {"os": {"name": "Linux"}, "Bearer zyxwv.54321": {"a": "b"}},
        "extra": {"a": 1},
    }
    event = event_of(payload)
    scrub(event, ScrubbingRules(sensitive_fields=(word,)))
    view_of(event)
    found = trace_of(event, Choice(), "")
    assert found is not None
    assert len(found.blocks[0].frames) == 1
