"""The request and the user of an event."""

from __future__ import annotations

from typing import Any

import pytest

from issues.event import Request, User
from tests.unit.events import event_of


def request_of(**fields: Any) -> Request:
    return event_of(request=fields)["request"]


def user_of(user: object = None, **fields: Any) -> User:
    return event_of({"user": user, **fields}, remote_ip="192.0.2.7").get("user", {})


def test_a_url_is_split() -> None:
    assert request_of(url="https://x.org/a?b=1&c=%C3%A9+z#top") == {
        "url": "https://x.org/a",
        "query_string": [["b", "1"], ["c", "é z"]],
        "fragment": "top",
    }


@pytest.mark.parametrize(
    "sent", ["b=1&c=2", "?b=1&c=2", {"b": "1", "c": 2}, [["b", "1"], ["c", "2"]]]
)
def test_queries_come_in_three_forms(sent: object) -> None:
    assert request_of(query_string=sent)["query_string"] == [["b", "1"], ["c", "2"]]


@pytest.mark.parametrize(
    "sent",
    [{"Accept": "a", "X": ["1", "2"]}, [["Accept", "a"], ["X", "1"], ["X", "2"]]],
)
def test_headers_come_in_two_forms(sent: object) -> None:
    assert request_of(headers=sent)["headers"] == [
        ["Accept", "a"],
        ["X", "1"],
        ["X", "2"],
    ]


def test_the_cookie_header_moves_to_the_cookies() -> None:
    request = request_of(headers={"Cookie": "a=1; b=x=y", "Accept": "*/*"})
    assert request["cookies"] == [["a", "1"], ["b", "x=y"]]
    assert request["headers"] == [["Accept", "*/*"]]


@pytest.mark.parametrize(
    ("kind", "sent", "data"),
    [
        ("application/json; charset=utf-8", '{"a": [1]}', {"a": [1]}),
        ("application/json", "{broken", "{broken"),
        (
            "application/x-www-form-urlencoded",
            "a=1&b=2&b=3",
            {"a": "1", "b": ["2", "3"]},
        ),
        ("text/plain", "a=1", "a=1"),
        ("text/plain", {"a": 1}, {"a": 1}),
    ],
)
def test_a_body_is_read_as_its_content_type_says(
    kind: str, sent: object, data: object
) -> None:
    request = request_of(headers={"Content-Type": kind}, data=sent)
    assert request["data"] == data


def test_a_large_body_is_cut() -> None:
    assert len(str(request_of(data={"a": "x" * 100_000})["data"])) < 17_000


def test_ids_are_text_and_unknown_fields_are_data() -> None:
    user = user_of({"id": 7, "email": "a@b.c", "plan": "pro", "data": {"x": 1}})
    assert user == {"id": "7", "email": "a@b.c", "data": {"plan": "pro", "x": 1}}


def test_the_address_is_the_senders_where_the_event_asks_for_it() -> None:
    assert user_of({"ip_address": "{{auto}}"})["ip_address"] == "192.0.2.7"
    assert user_of(platform="javascript")["ip_address"] == "192.0.2.7"
    assert user_of(platform="python") == {}
    never = {"settings": {"infer_ip": "never"}}
    assert user_of(platform="javascript", sdk=never) == {}


def test_an_address_that_was_told_wins() -> None:
    assert user_of({"ip_address": "2001:db8::1"}, platform="cocoa") == {
        "ip_address": "2001:db8::1"
    }
    request = {"env": {"REMOTE_ADDR": "203.0.113.9"}}
    assert user_of(request=request)["ip_address"] == "203.0.113.9"


def test_what_is_no_address_is_set_aside() -> None:
    event = event_of(user={"ip_address": "nowhere", "id": "1"})
    assert event["user"] == {"id": "1"}
    assert event["errors"][0]["name"] == "user.ip_address"
