"""Payloads of every age and form become one shape, and no field is fatal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from ingest.normalise import NotAnEvent
from tests.unit.events import EVENT_ID, RECEIVED_AT, event_of


def errors_of(event: Any) -> list[tuple[str, str]]:
    return [(note["type"], note["name"]) for note in event.get("errors", [])]


@pytest.mark.parametrize("payload", [[], "x", 1, None, True])
def test_only_an_object_is_an_event(payload: object) -> None:
    with pytest.raises(NotAnEvent):
        event_of(payload if payload is not None else [])


def test_an_empty_object_is_an_event() -> None:
    now = RECEIVED_AT.timestamp()
    assert event_of({}) == {
        "event_id": EVENT_ID,
        "timestamp": now,
        "received": now,
        "level": "error",
        "platform": "other",
        "type": "default",
    }


FIELDS = (
    "logger transaction culprit transaction_info release dist environment server_name "
    "site fingerprint checksum message logentry exception stacktrace threads template "
    "breadcrumbs user request contexts tags extra modules sdk debug_meta errors _meta "
    "csp hpkp level platform timestamp type project sentry.interfaces.User "
    "sentry.interfaces.Message unheard_of"
)
ODD_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 7, 1.5, 10**18, "", "x", "\n", "é" * 9000),
    *([], [None], [[]], [1, "a"], [["a"]], [["a", None]], [{"a": {}}]),
    *({}, {"": ""}, {"a": None}, {"values": None}, {"values": [None, 1, {}, []]}),
    *({"values": 7}, {"frames": 1}, {"frames": [None, 1, {}]}, {"type": []}),
    {"stacktrace": {"frames": [{"lineno": "x", "vars": 7, "pre_context": {"a": 1}}]}},
    {"values": [{"stacktrace": [], "mechanism": 1, "value": {"a": [1]}, "type": 5}]},
    {"url": 7, "headers": [1], "cookies": 5, "data": 1.5, "env": [], "query_string": 5},
    {"id": [], "email": {}, "ip_address": "nowhere", "data": 5, "geo": 7},
]


@pytest.mark.parametrize("field", FIELDS.split())
def test_no_value_of_any_field_is_fatal(field: str) -> None:
    for value in ODD_VALUES:
        event = event_of({field: value, "message": "kept", "platform": "python"})
        assert event["event_id"] == EVENT_ID
        orjson.dumps(event)


@pytest.mark.parametrize("field", FIELDS.split())
def test_null_is_absent(field: str) -> None:
    assert event_of({field: None}) == event_of({})


@pytest.mark.parametrize(
    ("field", "value", "note"),
    [
        ("user", 7, ("invalid_data", "user")),
        ("exception", 7, ("invalid_data", "exception")),
        ("release", "a/b", ("invalid_data", "release")),
        ("level", "loud", ("invalid_data", "level")),
        ("surprise", 7, ("unknown_attribute", "surprise")),
        ("timestamp", "soon", ("invalid_data", "timestamp")),
    ],
)
def test_what_is_set_aside_is_noted(
    field: str, value: object, note: tuple[str, str]
) -> None:
    event = event_of({field: value})
    assert errors_of(event) == [note]
    assert event["errors"][0]["value"] == value


def test_notes_of_the_sdk_are_kept_before_ours() -> None:
    sent = {"type": "js_no_source", "name": "x"}
    assert errors_of(event_of(errors=[sent], user=7)) == [
        ("js_no_source", "x"),
        ("invalid_data", "user"),
    ]


def test_endless_notes_are_cut() -> None:
    event = event_of({f"field{number}": 1 for number in range(500)})
    assert len(event["errors"]) == 100


# Time.


def test_a_moment_may_be_text_or_number() -> None:
    expected = RECEIVED_AT.timestamp() - 0.5
    for value in (
        expected,
        expected * 1000,
        str(expected),
        "2026-11-23T11:59:59.5Z",
        "2026-11-23T11:59:59.500000",
        "2026-11-23 12:59:59.500000000+01:00",
    ):
        assert event_of(timestamp=value)["timestamp"] == pytest.approx(expected)


def test_a_clock_far_off_is_corrected_everywhere() -> None:
    sent_at = RECEIVED_AT - timedelta(hours=3)
    happened = sent_at.timestamp() - 10
    event = event_of(
        {
            "timestamp": happened,
            "breadcrumbs": [{"timestamp": happened - 5, "message": "x"}],
        },
        sent_at=sent_at,
    )
    received = RECEIVED_AT.timestamp()
    assert event["timestamp"] == received - 10
    assert event["breadcrumbs"]["values"][0]["timestamp"] == received - 15


def test_a_clock_a_little_off_is_left_alone() -> None:
    sent_at = RECEIVED_AT - timedelta(minutes=54)
    event = event_of({"timestamp": sent_at.timestamp()}, sent_at=sent_at)
    assert event["timestamp"] == sent_at.timestamp()


@pytest.mark.parametrize(
    ("distance", "kind"),
    [
        (timedelta(minutes=2), "future_timestamp"),
        (timedelta(days=-31), "past_timestamp"),
    ],
)
def test_an_event_out_of_time_moves_to_its_reception(
    distance: timedelta, kind: str
) -> None:
    event = event_of(timestamp=(RECEIVED_AT + distance).timestamp())
    assert event["timestamp"] == RECEIVED_AT.timestamp()
    assert errors_of(event) == [(kind, "timestamp")]


# Attributes.


@pytest.mark.parametrize(
    ("sent", "level"),
    [
        ("warning", "warning"),
        ("log", "info"),
        ("critical", "fatal"),
        ("ERROR", "error"),
        (10, "debug"),
        (50, "fatal"),
        ("40", "error"),
        (None, "error"),
    ],
)
def test_levels_have_aliases(sent: object, level: str) -> None:
    event = event_of(level=sent)
    assert event["level"] == level
    assert "errors" not in event


@pytest.mark.parametrize(
    ("sent", "platform"), [("python", "python"), ("Node", "node"), ("basic", "other")]
)
def test_platforms_are_of_the_known_list(sent: str, platform: str) -> None:
    assert event_of(platform=sent)["platform"] == platform


def test_scalars_are_lenient() -> None:
    event = event_of(
        release=1.5, dist=7, server_name=True, fingerprint="one", checksum=12
    )
    assert (event["release"], event["dist"], event["server_name"]) == (
        "1.5",
        "7",
        "True",
    )
    assert (event["fingerprint"], event["checksum"]) == (["one"], "12")


def test_long_text_ends_in_dots_and_tells_its_length() -> None:
    event = event_of(transaction="x" * 300)
    assert event["transaction"] == "x" * 197 + "..."
    assert event["_meta"]["transaction"][""]["len"] == 300


@pytest.mark.parametrize("name", ["latest", "..", ".", "a/b", "a\\b", "a\nb"])
def test_some_names_are_no_releases(name: str) -> None:
    assert "release" not in event_of(release=name)


def test_an_event_with_an_exception_is_an_error() -> None:
    assert event_of(exception=[{"type": "E"}], type="default")["type"] == "error"
    assert event_of(message="x", type="error")["type"] == "default"
    assert event_of(message="x", type="feedback")["type"] == "feedback"


def test_the_culprit_counts_only_without_a_transaction() -> None:
    assert event_of(culprit="a")["culprit"] == "a"
    assert "culprit" not in event_of(culprit="a", transaction="b")


def test_the_client_stands_in_for_a_missing_sdk() -> None:
    event = event_of({"message": "x"}, client="raven-go/0.2")
    assert event["sdk"] == {"name": "raven-go", "version": "0.2"}
    named = event_of({"sdk": {"name": "own", "version": "1"}}, client="raven-go/0.2")
    assert named["sdk"]["name"] == "own"


# Tags.


@pytest.mark.parametrize(
    "sent", [{"a": 1, "b": True}, [["a", 1], ["b", True], ["a", 2]], [["a", 1], None]]
)
def test_tags_are_pairs_and_the_first_wins(sent: object) -> None:
    assert event_of(tags=sent)["tags"][0] == ["a", "1"]


def test_tag_names_and_values_are_made_fit() -> None:
    event = event_of(
        tags={"my key": " a\n b ", "x!": 1, "long": "v" * 300, "release": "1", "e": ""}
    )
    assert event["tags"] == [["my-key", "a b"], ["long", "v" * 197 + "..."]]
    assert errors_of(event) == [("invalid_data", "tags")]


def test_the_environment_may_come_as_a_tag() -> None:
    assert event_of(tags={"environment": "test"})["environment"] == "test"
    both = event_of(tags={"environment": "test"}, environment="prod")
    assert both["environment"] == "prod"
    assert "tags" not in both


# Free-form data.


def test_extra_is_cut_by_depth_and_size() -> None:
    deep: Any = "end"
    for _ in range(9):
        deep = {"below": deep}
    event = event_of(extra={"deep": deep, "long": "x" * 20_000})
    assert "end" not in str(event["extra"]["deep"])
    assert len(event["extra"]["long"]) <= 16 * 1024
    assert event["_meta"]["extra"][""]["len"] > 20_000


def test_a_tree_deeper_than_can_be_written_is_cut() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    event = event_of(extra={"a": deep}, contexts={"b": {"c": deep}}, _meta={"m": deep})
    orjson.dumps(event)


def test_contexts_are_objects_named_by_their_type() -> None:
    event = event_of(contexts={"os": {"name": "L"}, "x": 7, "none": None, "empty": {}})
    assert event["contexts"] == {"os": {"name": "L", "type": "os"}}


def test_modules_may_have_no_version() -> None:
    assert event_of(modules={"a": "1", "b": None})["modules"] == {"a": "1", "b": ""}


def test_old_queries_are_extra_data() -> None:
    event = event_of({"sentry.interfaces.Query": {"query": "SELECT 1"}})
    assert event["extra"] == {"query": {"query": "SELECT 1"}}


# Messages.


@pytest.mark.parametrize(
    ("payload", "formatted", "message"),
    [
        ({"message": "x"}, "x", None),
        ({"message": {"message": "x"}}, "x", None),
        ({"logentry": "x"}, "x", None),
        ({"logentry": {"formatted": "x"}}, "x", None),
        ({"logentry": {"message": "a %s"}, "message": "a b"}, "a b", "a %s"),
        ({"logentry": {"message": "a %s", "params": ["b"]}}, "a b", "a %s"),
        (
            {
                "message": "a %s",
                "sentry.interfaces.Message": {"message": "a %s", "params": ["b"]},
            },
            "a b",
            "a %s",
        ),
        (
            {"logentry": {"message": "{} of %(n)d", "params": {"n": 2}}},
            "{} of 2",
            "{} of %(n)d",
        ),
        ({"logentry": {"message": "{a}/{}", "params": {"a": 2}}}, "2/{}", "{a}/{}"),
        ({"logentry": {"message": "{} {}", "params": [1, "b"]}}, "1 b", "{} {}"),
        ({"logentry": {"message": "%d %s", "params": [1]}}, "1 %s", "%d %s"),
        ({"logentry": {"message": "%05.1f %%", "params": [1]}}, "001.0 %", "%05.1f %%"),
        ({"message": {"a": 1}}, '{"a":1}', None),
        ({"message": 7}, "7", None),
    ],
)
def test_messages_have_a_text_and_maybe_a_template(
    payload: dict[str, Any], formatted: str, message: str | None
) -> None:
    entry = event_of(payload)["logentry"]
    assert (entry["formatted"], entry.get("message")) == (formatted, message)


def test_a_template_can_ask_for_nothing_dangerous() -> None:
    for template in ("%999999999d", "{0.__class__}", "%(a.__class__)s", "{:>99999999}"):
        entry = event_of(logentry={"message": template, "params": [1]})["logentry"]
        assert entry["formatted"] == template


def test_false_is_no_message() -> None:
    assert "logentry" not in event_of(message=False)


# Reports of policies.


def test_a_policy_report_becomes_an_event() -> None:
    report = {
        "document-uri": "https://shop.example.org/cart?x=1",
        "violated-directive": "script-src-elem 'self'",
        "blocked-uri": "https://www.evil.example.net:8443/x.js",
        "line-number": "7",
        "referrer": "https://a.example/",
    }
    event = event_of({"csp-report": report})
    assert (event["type"], event["logger"]) == ("csp", "csp")
    assert event["csp"]["effective_directive"] == "script-src-elem"
    assert event["csp"]["line_number"] == 7
    assert event["logentry"]["formatted"] == "Blocked 'script' from 'evil.example.net'"
    assert event["request"]["url"] == "https://shop.example.org/cart"
    assert event["user"]["ip_address"] == "192.0.2.7"
    assert ["Referer", "https://a.example/"] in event["request"]["headers"]


def test_a_report_of_the_reporting_api_is_the_same() -> None:
    event = event_of(
        {"csp": {"effectiveDirective": "img-src", "blockedURL": "data", "sample": "x"}}
    )
    assert event["csp"] == {
        "effective_directive": "img-src",
        "blocked_uri": "data",
        "script_sample": "x",
    }


def test_a_report_without_directive_is_set_aside() -> None:
    event = event_of({"csp": {"blocked-uri": "x"}})
    assert "csp" not in event
    assert errors_of(event) == [("missing_attribute", "csp")]
