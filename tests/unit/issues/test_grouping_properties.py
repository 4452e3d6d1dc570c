"""What must never matter to a fingerprint, and what always must, over any event."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from issues.grouping import group
from issues.grouping.v1.parameterise import parameterised
from tests.unit.events import error, event_of, hash_of

Payload = dict[str, Any]

PLATFORMS = ("python", "javascript", "java", "csharp", "go", "ruby", "php", "native")
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)
NAMES = st.builds("{}_{}".format, WORDS, WORDS)
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
