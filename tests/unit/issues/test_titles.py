"""What events are called."""

from __future__ import annotations

from typing import Any

import pytest

from issues.titles import UNKNOWN, UNLABELED, Description, describe
from tests.unit.events import error, event_of, frame


def described(payload: dict[str, Any]) -> Description:
    return describe(event_of(payload))


def test_an_error_is_called_by_type_and_first_line() -> None:
    shown = described(error(value="no good\nsecond line"))
    assert (shown.kind, shown.title) == ("error", "ValueError: no good")
    assert (shown.type, shown.value) == ("ValueError", "no good\nsecond line")


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"value": ""}, "ValueError"),
        ({"type": None}, "no good"),
        ({"type": "E", "value": "x" * 200}, "E: " + "x" * 97 + "..."),
        ({"type": None, "value": None}, "total"),
    ],
)
def test_a_part_that_is_missing_is_left_out(fields: dict[str, Any], title: str) -> None:
    assert described(error(frame("total", filename="a.py"), **fields)).title == title


def test_without_anything_it_is_unknown() -> None:
    nameless = {"filename": "a.py"}
    assert described(error(nameless, type=None, value=None)).title == UNKNOWN


def test_the_last_exception_names_the_chain() -> None:
    values = [{"type": "OSError"}, {"type": "FlashError", "value": "flash failed"}]
    assert described({"exception": values}).title == "FlashError: flash failed"


def test_a_message_is_called_by_its_first_line() -> None:
    shown = described({"message": "\n first line\nsecond"})
    assert (shown.kind, shown.title, shown.type) == ("default", "first line", "")
    assert shown.metadata == {"title": "first line"}
    assert described({}).title == UNLABELED


def test_a_template_is_shown_with_its_parameters() -> None:
    entry = {"message": "valve %s", "params": ["north"]}
    assert described({"logentry": entry}).title == "valve north"


def test_a_policy_report_is_called_by_what_was_blocked() -> None:
    report = {"effective-directive": "font-src", "blocked-uri": "https://f.net/a"}
    shown = described({"csp-report": report})
    assert (shown.kind, shown.title) == ("csp", "Blocked 'font' from 'f.net'")
    assert shown.culprit == "font-src"
    assert shown.metadata["uri"] == "f.net"


def test_metadata_tells_the_place() -> None:
    frames = [
        frame("total", filename="cart.py"),
        frame("run", filename="celery.py", in_app=False),
    ]
    assert described(error(*frames)).metadata == {
        "type": "ValueError",
        "value": "no good",
        "filename": "cart.py",
        "function": "total",
    }


@pytest.mark.parametrize(
    ("platform", "place", "culprit"),
    [
        ("python", {"module": "shop.cart", "filename": "a.py"}, "shop.cart in total"),
        ("python", {"filename": "a.py"}, "a.py in total"),
        ("node", {"module": "cart", "filename": "cart.js"}, "total(cart)"),
        ("javascript", {"filename": "https://x/a.js"}, "total(https://x/a.js)"),
        ("native", {"package": "/opt/hub"}, "total"),
    ],
)
def test_the_culprit_is_the_apps_last_frame(
    platform: str, place: dict[str, str], culprit: str
) -> None:
    frames = [frame("total", **place), frame("run", filename="x", in_app=False)]
    assert described(error(*frames, platform=platform)).culprit == culprit


def test_a_nameless_function_gives_way_to_a_named_one() -> None:
    frames = [
        frame("checkout", module="cart"),
        frame("null.<anonymous>", module="cart"),
    ]
    payload = error(*frames, platform="node", culprit="cart at null.<anonymous>")
    assert described(payload).culprit == "checkout(cart)"


@pytest.mark.parametrize(
    ("platform", "module", "function", "culprit"),
    [
        ("java", "iot.Hub", "lambda$go$0", "iot.Hub in go"),
        ("java", "iot.HubKt", "go$lambda$3", "iot.HubKt in go"),
        ("csharp", "Shop.Orders+<Send>d__12", "MoveNext", "Shop.Orders in Send"),
        ("csharp", "Shop.Orders", "<Send>b__1_0", "Shop.Orders in Send"),
        ("node", "cart", "async Object.total [as onClick]", "total(cart)"),
        ("rust", "", "hub::poll::h0123456789abcdef", "hub.rs in hub::poll"),
        ("native", "", "void Hub::poll<int>(int, char const*)", "Hub::poll<T>"),
        ("cocoa", "", "__29-[Foo bar]_block_invoke_2", "-[Foo bar]_block_invoke"),
        ("python", "shop.cart", "<lambda>", "shop.cart in <lambda>"),
        ("go", "acme.org/shop", "(*Cart).Total", "acme.org/shop in (*Cart).Total"),
        ("ruby", "", "block in total", "hub.rs in block in total"),
        ("dart", "", "Cart.total", "hub.rs in Cart.total"),
        (
            "dart",
            "",
            "_Cart@17.total.<anonymous closure>",
            "hub.rs in _Cart.total.<fn>",
        ),
        ("java", "shop.Cart$", "$anonfun$total$1", "shop.Cart$ in total"),
        ("php", "", "A\\B::{closure:A\\B::run():42}", "hub.rs in A\\B::{closure}"),
        ("php", "", "x@anonymous\0/srv/a.php:12$0::run", "hub.rs in run"),
        ("ruby", "", "_app_show_html_erb___123456_789", "hub.rs in _app_show_html_erb"),
    ],
)
def test_functions_are_called_as_people_call_them(
    platform: str, module: str, function: str, culprit: str
) -> None:
    place = {"module": module} if module else {"filename": "hub.rs"}
    payload = error(frame(function, **place), platform=platform)
    assert described(payload).culprit == culprit


@pytest.mark.parametrize(
    ("platform", "passing"),
    [
        ("rust", frame("core::panicking::panic_fmt")),
        ("native", frame("__assert_fail", package="/usr/lib/libc.so.6")),
        ("javascript", frame("eval", filename="eval at total (https://x/a.js:1:9)")),
        ("javascript", frame("sentryWrapped", filename="https://x/sdk.js")),
        ("java", frame("total", module="shop.Cart$$EnhancerBySpringCGLIB$$1a2b")),
        ("python", frame("<listcomp>", module="shop.cart")),
    ],
)
def test_what_only_passes_a_call_on_is_not_the_culprit(
    platform: str, passing: dict[str, object]
) -> None:
    own = frame("total", module="shop.Cart", package="/opt/hub")
    told = described(error(own, passing, platform=platform)).culprit
    assert told == described(error(own, platform=platform)).culprit


def test_a_group_of_one_kind_is_called_by_it() -> None:
    def group_of(*kinds: str) -> str:
        members = [
            {"type": kind, "mechanism": {"exception_id": number, "parent_id": 0}}
            for number, kind in enumerate(kinds, 1)
        ]
        root = {"exception_id": 0, "is_exception_group": True}
        values = [*members, {"type": "ExceptionGroup", "mechanism": root}]
        return described({"platform": "python", "exception": values}).title

    assert group_of("OSError", "OSError") == "OSError"
    assert group_of("OSError", "KeyError") == "ExceptionGroup"


def test_the_transaction_comes_first_and_the_url_last() -> None:
    payload = error(frame("total", module="cart"))
    assert described(payload | {"transaction": "/pay"}).culprit == "/pay"
    assert described(payload | {"culprit": "own"}).culprit == "own"
    page = {"message": "x", "request": {"url": "https://x.org/a?b"}}
    assert described(page).culprit == "https://x.org/a"
    assert described({"message": "x"}).culprit == ""
