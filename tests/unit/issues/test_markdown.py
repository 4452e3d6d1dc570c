"""An event in Markdown: what tells most, within its size, and nothing but text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from issues.grouping.rules.compiled import compile_rules
from issues.presentation.markdown import MAX_BYTES, About, as_markdown
from issues.presentation.standing import Explanation
from tests.unit.events import event_of, frame

ABOUT = About(
    short_id="SHOP-1",
    url="https://errors.example/o/acme/p/shop/issues/1/",
    culprit="shop.cart in total",
    event_count=1204,
    user_count=17,
    first_seen=datetime(2026, 11, 1, tzinfo=UTC),
    last_seen=datetime(2026, 11, 23, tzinfo=UTC),
)
ATTACKS = (
    "```\n# not a heading\n````",
    "<script>alert(1)</script>",
    "\u202eevil\u0000",
    "[click](javascript:alert(1)) @everyone ![x](http://x.example)",
    "x" * 1_000_000,
    "~~~~\n~~~",
)


def raised(*frames: dict[str, Any], value: str = "no such item") -> dict[str, Any]:
    return {"type": "KeyError", "value": value, "stacktrace": {"frames": list(frames)}}


def call(function: str, **fields: Any) -> dict[str, Any]:
    return frame(
        function,
        filename="shop/cart.py",
        context_line=f"    return {function}(items)",
        pre_context=["def total(items):"],
        post_context=["    # done"],
        **fields,
    )


def written(tags: tuple[tuple[str, str], ...] = (), **fields: Any) -> str:
    return as_markdown(ABOUT, event_of(fields), tags)


def outside_of_fences(text: str) -> str:
    """What a viewer reads as Markdown."""
    kept, fence = [], ""
    for line in text.splitlines():
        run = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif run:
            fence = run[0]
        else:
            kept.append(line)
    assert not fence
    return "\n".join(kept)


def test_it_tells_what_and_where_and_how_often() -> None:
    text = written(
        (("release", "shop@1.2"), ("environment", "production")),
        platform="python",
        exception=[raised(call("main"), call("total", vars={"items": "[]"}))],
        breadcrumbs=[{"category": "auth", "message": "signed in"}],
        request={"url": "https://shop.example/cart", "method": "POST"},
    )
    for told in (
        "# KeyError: no such item",
        "SHOP-1, https://errors.example/o/acme/p/shop/issues/1/",
        "- Release: shop@1.2",
        "- Events: 1,204, users: 17",
        "shop/cart.py:7 in total",
        "    >     return total(items)",
        "    items = []",
        "auth: signed in",
        "POST https://shop.example/cart",
        "environment: production",
    ):
        assert told in text


def test_frames_that_a_rule_takes_out_of_the_app_are_left_out() -> None:
    event = event_of(
        platform="python",
        exception=[raised(call("main"), call("helper", module="vendor.x"))],
    )
    told = Explanation(event, compile_rules("", "module:vendor.* -app"))
    text = as_markdown(ABOUT, event, (), told)
    assert "in main" in text
    assert "in helper" not in text
    assert "(1 more frames)" in text


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_field_breaks_out_of_its_block(attack: str) -> None:
    text = written(
        (("region", attack[:200]),),
        platform="python",
        message=attack,
        exception=[raised(call("total", vars={attack: attack}), value=attack)],
        breadcrumbs=[{"category": attack, "message": attack}],
        request={"url": attack, "method": attack},
    )
    outside = outside_of_fences(text)
    assert len(text.encode()) <= MAX_BYTES
    assert re.findall(r"^#+ .*", outside, re.MULTILINE)[1:] == [
        line for line in outside.splitlines()[1:] if line.startswith("#")
    ]
    assert "# not a heading" not in outside.splitlines()
    assert not re.search(r"(?<!\\)<script", outside)
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\u202e" not in text
    assert "\x00" not in text


def test_a_very_long_event_keeps_what_tells_most() -> None:
    chain = [
        raised(
            *(call(f"f{i}", vars={"x": "y" * 5000}) for i in range(60)), value="v" * 9
        )
        for _ in range(20)
    ]
    chain[-1]["type"] = "TheLast"
    crumbs = [{"category": "c", "message": "m" * 3000} for _ in range(100)]
    tags = tuple((f"tag{i}", "t" * 150) for i in range(50))
    text = written(
        tags,
        platform="python",
        message="said " * 4000,
        exception=chain,
        breadcrumbs=crumbs,
    )
    assert MAX_BYTES * 0.75 < len(text.encode()) <= MAX_BYTES
    for told in ("# TheLast", "in f59", "## Message", "## Before it", "## Caused by"):
        assert told in text
    outside_of_fences(text)


def test_what_was_filtered_stays_filtered() -> None:
    held = {"password": "[Filtered]"}
    text = written(platform="python", exception=[raised(call("total", vars=held))])
    assert "password = [Filtered]" in text


def test_a_message_without_an_exception_is_told_with_its_trace() -> None:
    text = written(
        platform="python", message="disk full", stacktrace={"frames": [call("total")]}
    )
    assert text.startswith("# disk full")
    assert "## Stack trace" in text
    assert "in total" in text


def test_a_crashed_thread_has_its_trace() -> None:
    threads = [
        {"id": n, "crashed": n == 2, "stacktrace": {"frames": [call(f"work_{n}")]}}
        for n in (1, 2, 3)
    ]
    told = as_markdown(ABOUT, event_of(message="deadlock", threads=threads), [])
    assert "work_2" in told
    assert "work_1" not in told
