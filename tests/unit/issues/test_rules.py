"""What a project's rules make of events."""

from __future__ import annotations

from typing import Any

import pytest

from issues.grouping import group
from issues.grouping.rules import NO_RULES, Verdicts
from issues.grouping.rules.compiled import compile_rules
from tests.unit.events import error, event_of, frame

CART = {"module": "shop.cart", "filename": "shop/cart.py"}
LIBRARY = {"module": "celery.app", "filename": "celery/app.py", "in_app": False}


def chosen(rules: str, payload: dict[str, Any], stack: str = "") -> str | None:
    """The fingerprint that the rules give the payload's event."""
    choice = compile_rules(rules, stack).choice(event_of(payload))
    return None if choice is None else " ".join(choice.fingerprint)


def verdicts(rules: str, *frames: dict[str, Any], **fields: Any) -> Verdicts | None:
    event = event_of(error(*frames, **fields))
    value = event["exception"]["values"][0]
    trace = value["stacktrace"]["frames"]
    return compile_rules("", rules).verdicts(trace, event["platform"], value)


def flags(rules: str, *frames: dict[str, Any], **fields: Any) -> str:
    """A letter a frame: A and a for +app and -app, G and g for the group."""
    found = verdicts(rules, *frames, **fields)
    letters = {(True, 0): "A", (False, 0): "a", (True, 1): "G", (False, 1): "g"}
    return " ".join(
        "".join(
            letters.get((said, place), "") if said is not None else ""
            for place, said in enumerate((one.in_app, one.counts))
        )
        or "."
        for one in (found.frames if found else ())
    )


EVENT = error(
    frame("main", **LIBRARY),
    frame("total", **CART, abs_path="/srv/shop/cart.py"),
    type="ConnectionError",
    value="Connection error: no route",
    mechanism={"type": "celery", "handled": False},
    logger="com.myapp.Foo",
    level="error",
    release="shop@1.2.0",
    environment="prod",
    transaction="/api/users/",
    tags={"server_name": "canary-1.my.internal", "kind": "Late"},
    sdk={"name": "sentry.python", "version": "2.1.0"},
)


@pytest.mark.parametrize(
    "matchers",
    [
        "error.type:ConnectionError",
        "type:Connection*",
        "!type:Other",
        'error.value:"connection error: *"',
        'message:"CONNECTION error*"',
        "mechanism:celery",
        "logger:com.myapp.*",
        "level:ERROR",
        "release:shop@1.*",
        "environment:prod",
        "transaction:/api/*",
        "sdk:sentry.python",
        'tags.server_name:"canary-*.my.internal"',
        "tags.kind:late",
        "tags.environment:prod",
        "!tags.absent:*",
        "family:other",
        "family:native,other",
        "!family:native",
        "family:all",
        "stack.module:shop.*",
        "function:tot?l",
        "path:**/shop/*.py",
        "path:shop/cart.py",
        "app:yes function:total",
        "app:no function:main",
        "!app:yes function:main",
        "function:total module:shop.cart type:ConnectionError level:error",
        "!module:celery.*",
    ],
)
def test_matchers_match(matchers: str) -> None:
    assert chosen(f"{matchers} -> found", EVENT) == "found"


@pytest.mark.parametrize(
    "matchers",
    [
        "type:connectionerror",
        "type:Connection",
        "value:connection",
        "logger:com.MyApp.*",
        "tags.absent:*",
        "family:javascript",
        "module:Shop.*",
        "function:TOTAL",
        "path:*.py",
        "package:*",
        "app:yes function:main",
        "function:total module:celery.app",
        "!message:connection*",
        "type:ConnectionError level:info",
    ],
)
def test_matchers_that_do_not_match(matchers: str) -> None:
    assert chosen(f"{matchers} -> found", EVENT) is None


def test_the_first_rule_that_matches_counts() -> None:
    rules = "type:Other -> one\ntype:Conn* -> two\nlevel:error -> three"
    assert chosen(rules, EVENT) == "two"


def test_type_and_value_are_of_one_exception() -> None:
    values = [{"type": "A", "value": "first"}, {"type": "B", "value": "second"}]
    payload = {"exception": values}
    assert chosen("type:A value:first -> x", payload) == "x"
    assert chosen("type:A value:second -> x", payload) is None


def test_a_message_matches_by_text_and_by_template() -> None:
    entry = {"message": "user %s left", "params": ["eve"], "formatted": "user eve left"}
    payload = {"logentry": entry}
    assert chosen('message:"user eve *" -> x', payload) == "x"
    assert chosen('message:"user %s left" -> x', payload) == "x"


def test_windows_paths_match_with_slashes() -> None:
    payload = error(frame("run", abs_path=r"C:\Shop\cart.cs"), platform="csharp")
    assert chosen("path:**/shop/*.cs -> x", payload) == "x"


def test_native_packages_match() -> None:
    place = {"package": "/usr/lib/libcurl.so", "platform": "native"}
    payload = error(frame("send", **place), platform="native")
    assert chosen("package:**/libcurl.so family:native -> x", payload) == "x"


def test_fingerprint_rules_see_what_stack_rules_made_of_frames() -> None:
    payload = error(frame("run", **LIBRARY))
    assert chosen("app:yes function:run -> x", payload) is None
    assert chosen("app:yes function:run -> x", payload, "function:run +app") == "x"


A, B, C, D = (frame(name, **CART) for name in "abcd")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("function:b -app", ". a . ."),
        ("function:b -app -group", ". ag . ."),
        ("function:b ^-group", ". . g g"),
        ("function:b v-group", "g . . ."),
        ("function:c v+app ^-app", "A A . a"),
        ("function:* -app\nfunction:c +app", "a a A a"),
        ("function:c +app\nfunction:* -app", "a a a a"),
        ("function:b -app\napp:no -group", ". ag . ."),
        ("[ function:a ] | function:* -group", ". g . ."),
        ("function:* | [ function:d ] -group", ". . g ."),
        ("[ function:a ] | function:b | [ function:c ] -group", ". g . ."),
        ("[ function:a ] | function:b | [ function:d ] -group", ""),
        ("[ function:* ] | function:a -group", ""),
        ("function:b category=ui\ncategory:ui -group", ". g . ."),
        ("function:b category=ui\n!category:ui -group", "g . g g"),
        ("type:ValueError function:a -app", "a . . ."),
        ("type:Other function:a -app", ""),
        ("family:native function:a -app", ""),
        ("!function:a -group", ". g g g"),
    ],
)
def test_stack_rules_act(rules: str, expected: str) -> None:
    assert flags(rules, A, B, C, D) == expected


def test_the_last_limit_of_frames_counts() -> None:
    found = verdicts("family:other max-frames=1\nfunction:b max-frames=3", A, B)
    assert found is not None
    assert found.max_frames == 3


def test_a_verdict_names_the_rule() -> None:
    found = verdicts("# why\n function:b   -app", A, B)
    assert found is not None
    assert found.frames[1].rule == "function:b   -app"


def test_a_frame_has_a_family_of_its_own() -> None:
    native = frame("send", platform="native", package="/lib/a.so")
    assert flags("family:native -app", A, native) == ". a"


def test_a_project_without_rules_has_none() -> None:
    assert compile_rules("# nothing\n", "") is NO_RULES


def test_equal_texts_are_one_version() -> None:
    one, other = compile_rules("type:A -> b", ""), compile_rules("", "app:no +app")
    assert vars(one)["version"] != vars(other)["version"]


def test_what_was_said_of_a_trace_holds_for_the_same_trace_only() -> None:
    rules = compile_rules("function:a -> x", "function:a -app")
    for _ in range(2):
        assert rules.choice(event_of(error(A))) is not None
        assert rules.choice(event_of(error(B))) is None


def test_rules_act_before_grouping() -> None:
    rules = compile_rules("", "function:b -group")
    shortened = group(event_of(error(A, B, C)), rules)
    assert shortened.hashes == group(event_of(error(A, C))).hashes


def test_the_sent_flag_of_a_frame_stays() -> None:
    event = event_of(error(A))
    group(event, compile_rules("", "function:a -app"))
    trace = event["exception"]["values"][0]["stacktrace"]
    assert trace["frames"][0]["in_app"] is True


def test_a_rule_gives_fingerprint_and_title() -> None:
    text = 'type:Conn* -> ours, {{ tags.kind }} title="{{ type }} in {{ function }}"'
    found = group(event_of(EVENT), compile_rules(text, ""))
    other = {**EVENT, "exception": [{"type": "Connected", "value": "else"}]}
    assert found.title == "ConnectionError in total"
    assert found.hashes == group(event_of(other), compile_rules(text, "")).hashes
