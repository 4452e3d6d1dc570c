"""What must never matter to a fingerprint, and what always must, over any event."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from issues.grouping import group
from issues.grouping.v1.holes import without_kinds
from issues.grouping.v1.parameterise import parameterised
from tests.unit.events import error, event_of, hash_of

Payload = dict[str, Any]

PLATFORMS = ("python", "javascript", "java", "csharp", "go", "ruby", "php", "native")
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)
NAMES = st.builds("{}_{}".format, WORDS, WORDS)
HEX = frozenset("abcdef")
SIMPLE = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
SOME = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@st.composite
def frames(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Frames of different functions, at least the last of the app."""
    functions = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    found = []
    for name in functions:
        module = draw(st.sampled_from(("shop.cart", "shop.order", "iot.hub")))
        own = name == functions[-1] or draw(st.booleans())
        path = module.replace(".", "/") + ".x"
        found.append(
            {
                "function": name,
                "module": module,
                "filename": path,
                "abs_path": f"/srv/app/{path}",
                "lineno": draw(st.integers(1, 5000)),
                "context_line": f"    {name}(order)",
                "in_app": own,
            }
        )
    return found


# What bundlers put behind the names of scripts.
BUILDS = st.one_of(
    st.binary(min_size=4, max_size=16).map(lambda data: f".{data.hex()}"),
    st.binary(min_size=10, max_size=10).map(lambda data: f"-{data.hex()}.min"),
    st.integers(10**9, 10**10).map("-{}".format),
    st.builds("-{}.{}.{}".format, *[st.integers(0, 99)] * 3),
)


@st.composite
def errors(draw: st.DrawFn) -> Payload:
    """Events with one exception and its trace."""
    kind = draw(st.sampled_from(("ValueError", "KeyError", "shop.Refused")))
    platform = draw(st.sampled_from(PLATFORMS))
    value = draw(st.text(max_size=40)) or "x"
    return error(*draw(frames()), type=kind, value=value, platform=platform)


def frames_of(payload: Payload) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload["exception"]["values"][0]["stacktrace"][
        "frames"
    ]
    return found


@SOME
@given(errors(), st.integers(1, 900), st.sampled_from(("/opt/r/7", "C:\\app", "/x")))
def test_lines_and_folders_never_matter(
    payload: Payload, shift: int, folder: str
) -> None:
    other = deepcopy(payload)
    for frame in frames_of(other):
        frame["lineno"] += shift
        frame["colno"] = shift
        frame["abs_path"] = f"{folder}/{frame['filename']}"
        frame["instruction_addr"] = hex(shift * 4096)
    assert hash_of(payload) == hash_of(other)


@SOME
@given(errors(), st.dictionaries(WORDS, SIMPLE, max_size=4), st.text(max_size=60))
def test_data_beside_the_stack_never_matters(
    payload: Payload, data: dict[str, Any], value: str
) -> None:
    other = deepcopy(payload)
    for frame in frames_of(other):
        frame["vars"] = data
        frame["pre_context"] = [value]
    other["exception"]["values"][0]["value"] = value or "y"
    other |= {"extra": data, "tags": {"tenant": value[:9] or "z"}, "user": {"id": 9}}
    other |= {"release": "9.1", "environment": "x", "transaction": "/a/b"}
    assert hash_of(payload) == hash_of(other)


@SOME
@given(errors(), NAMES)
def test_frames_of_libraries_never_matter_beside_the_apps(
    payload: Payload, name: str
) -> None:
    other = deepcopy(payload)
    library = {"function": name, "module": "celery.app", "in_app": False}
    frames_of(other).insert(0, library)
    frames_of(payload)[:] = [f for f in frames_of(payload) if f["in_app"]]
    frames_of(other)[1:] = frames_of(payload)
    assert hash_of(payload) == hash_of(other)


@SOME
@given(errors(), st.integers(2, 12))
def test_the_depth_of_recursion_never_matters(payload: Payload, depth: int) -> None:
    other = deepcopy(payload)
    last = frames_of(other)[-1]
    frames_of(other).extend(deepcopy(last) for _ in range(depth))
    assert hash_of(payload) == hash_of(other)


STARTS = ("threading", "asyncio.runners", "runpy", "concurrent.futures.thread")


@SOME
@given(errors(), st.lists(st.sampled_from(STARTS), max_size=4), WORDS, st.booleans())
def test_what_began_a_trace_never_matters(
    payload: Payload, modules: list[str], name: str, is_own: bool
) -> None:
    payload["platform"] = "python"
    for frame in frames_of(payload):
        frame["in_app"] = is_own
        frame["abs_path"] = f"/srv/lib/python3.9/site-packages/{frame['filename']}"
    other = deepcopy(payload)
    for module in modules:
        path = f"/usr/lib/python3.12/{module.replace('.', '/')}.py"
        start = {"function": name, "module": module, "abs_path": path, "in_app": False}
        frames_of(other).insert(0, start)
    assert hash_of(payload) == hash_of(other)


@SOME
@given(errors(), st.lists(errors(), max_size=3), st.randoms(use_true_random=False))
def test_the_order_and_number_of_a_groups_members_never_matter(
    payload: Payload, others: list[Payload], chance: Random
) -> None:
    members = [one["exception"]["values"][0] for one in (payload, *others)]
    again = [*members, *chance.choices(members, k=2)]
    chance.shuffle(again)
    assert hash_of(group_of(members)) == hash_of(group_of(again))


def group_of(members: list[dict[str, Any]]) -> Payload:
    values = []
    for number, member in enumerate(members, 1):
        place = {"exception_id": number, "parent_id": 0, "type": "chained"}
        values.append({**deepcopy(member), "mechanism": place})
    root = {"exception_id": 0, "is_exception_group": True, "type": "generic"}
    values.append({"type": "ExceptionGroup", "value": "x", "mechanism": root})
    return {"platform": "python", "exception": {"values": values}}


@SOME
@given(errors(), errors(), WORDS)
def test_another_cause_always_matters(
    payload: Payload, cause: Payload, name: str
) -> None:
    def caused(function: str) -> Payload:
        chain = deepcopy(cause["exception"]["values"])
        last = chain[0]["stacktrace"]["frames"][-1]
        last["function"] = function
        return {**payload, "exception": {"values": [*chain, raised]}}

    raised = payload["exception"]["values"][0]
    assert hash_of(caused(f"a_{name}")) != hash_of(caused(f"b_{name}"))


@SOME
@given(st.lists(NAMES, min_size=1, max_size=5), st.integers(1, 10**6), BUILDS)
def test_builds_of_scripts_never_matter(
    functions: list[str], column: int, build: str
) -> None:
    def built(name: str, colno: int) -> Payload:
        place = {"filename": f"https://x.org/assets/{name}.js", "colno": colno}
        frames = [{"function": f, "in_app": True, **place} for f in functions]
        return error(*frames, platform="javascript")

    assert hash_of(built("app", 1)) == hash_of(built(f"app{build}", column))


@SOME
@given(errors(), st.sampled_from(("function", "module")), NAMES)
def test_another_function_or_module_always_matters(
    payload: Payload, field: str, name: str
) -> None:
    other = deepcopy(payload)
    frames_of(other)[-1][field] = f"other_{name}"
    frames_of(other)[-1]["context_line"] = frames_of(payload)[-1]["context_line"]
    assert hash_of(payload) != hash_of(other)


@SOME
@given(errors())
def test_another_type_always_matters(payload: Payload) -> None:
    other = deepcopy(payload)
    other["exception"]["values"][0]["type"] = "shop.Other"
    assert hash_of(payload) != hash_of(other)


VARIABLES = st.one_of(
    st.integers(0, 10**15).map(str),
    st.floats(0, 1e6).map(lambda number: f"{number:.3f}"),
    st.uuids().map(str),
    st.ip_addresses(v=4).map(str),
    st.datetimes().map(lambda at: at.replace(year=2026).isoformat()),
    st.integers(16, 2**64).map(hex),
    st.builds("{}@{}.example.com".format, WORDS, WORDS),
    st.builds("https://{}.example.com/{}".format, WORDS, WORDS),
)


@SOME
@given(VARIABLES, st.sampled_from(("order {} is gone", "gone: {}", "({}) is gone")))
def test_variable_data_never_stays_in_a_message(data: str, template: str) -> None:
    text = parameterised(template.format(data))
    before, _, after = template.partition("{}")
    assert data not in text
    assert text.startswith(before)
    assert text.endswith(after)


def counted(message: str) -> str:
    """The message as it counts for grouping."""
    return without_kinds(parameterised(message))


GAPS = st.one_of(
    VARIABLES,
    st.binary(min_size=4, max_size=32).map(bytes.hex),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=5).map(repr),
    st.dictionaries(WORDS, st.integers(), min_size=1, max_size=3).map(json.dumps),
    st.timedeltas(timedelta(seconds=1), timedelta(days=20)).map(str),
    st.integers(1, 10**9).map("{} ms".format),
    st.integers(1, 10**9).map("{:,} bytes".format),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]:443"),
    st.builds("v{}.{}.{}".format, *[st.integers(0, 99)] * 3),
)


@SOME
@given(GAPS, GAPS, st.sampled_from(("order {} is gone", "gone ({})", "key={} gone")))
def test_it_never_matters_what_kind_of_data_fills_a_gap(
    one: str, other: str, template: str
) -> None:
    assert counted(template.format(one)) == counted(template.format(other))


@SOME
@given(GAPS, GAPS, WORDS, WORDS)
def test_another_word_always_matters_whatever_fills_the_gaps(
    gap: str, next_gap: str, word: str, other: str
) -> None:
    assume(word != other and not {*word} <= HEX and not {*other} <= HEX)
    one = counted(f"{gap} was lost by {word}")
    assert one != counted(f"{next_gap} was lost by {other}")


@SOME
@given(st.lists(WORDS, min_size=2, max_size=6))
def test_plain_words_always_stay(words: list[str]) -> None:
    text = " ".join(words)
    hexadecimal = any(set(word) <= set("abcdef") and len(word) > 7 for word in words)
    assert hexadecimal or parameterised(text) == text


@SOME
@given(st.text(max_size=300))
def test_any_message_can_be_grouped_again(message: str) -> None:
    once = parameterised(message)
    assert parameterised(message) == once
    assert len(group(event_of({"message": message or "x"})).hashes) == 1
