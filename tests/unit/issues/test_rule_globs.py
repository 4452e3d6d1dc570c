"""Which texts the globs of rules stand for, and how long they take."""

from __future__ import annotations

import random
import time
from functools import cache

import pytest

from issues.grouping.rules.globs import glob_test, path_test


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**/vendor/**", "/app/vendor/b.js", True),
        ("**/vendor/**", "vendor/b.js", True),
        ("**/vendor/**", "/app/vendored/b.js", False),
        ("**/vendor/foo/*.c", "/x/vendor/foo/a.c", True),
        ("**/vendor/foo/*.c", "/x/vendor/foo/deeper/a.c", False),
        ("**/*.gen.c", "foo.gen.c", True),
        ("**/*.gen.c", "foo/bar.gen.c", True),
        ("**/project/**.c", "/src/Project/a/B.C", True),
        ("**/generated/**.js", "/a/generated/b/c.js", True),
        ("**src/getsentry/**", "/x/src/getsentry/a.py", True),
        ("**/libcurl.dylib", "/usr/lib/libcurl.dylib", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "ab", False),
        ("*.py", "folder/a.py", False),
        ("a?b", "a/b", False),
        ("a[!x]b", "a/b", False),
        (r"C:\shop\cart.cs", "c:/shop/cart.cs", True),
        ("{**/a.js,b/*}", "b/z", True),
    ],
)
def test_a_path_matches(pattern: str, path: str, matches: bool) -> None:
    assert path_test(pattern)(path) is matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("std::*", "std::vec::push", True),
        ("?[[]SentryClient *", "-[SentryClient run]", True),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "axxbyy", False),
        ("Foo*", "foobar", False),
        (r"x\*", "x*", True),
        (r"x\*", "xy", False),
        (r"\[a\]", "[a]", True),
        (r"\{a\}", "{a}", True),
        (r"a\d", r"a\d", True),
        ("a{b,c}d", "acd", True),
        ("*/my-utils/*", "x/y/my-utils/z", True),
    ],
)
def test_a_text_matches(pattern: str, text: str, matches: bool) -> None:
    assert glob_test(pattern, ignores_case=False)(text) is matches


def test_case_may_not_matter() -> None:
    assert glob_test("connection *", ignores_case=True)("Connection Lost")
    assert glob_test("LOST", ignores_case=True)("lost")


def _slowly(pattern: str, path: str) -> bool:
    """What the pattern means, tried in every way."""

    @cache
    def rest(at: int, place: int) -> bool:
        ends = range(place, len(path) + 1)
        if at == len(pattern):
            return place == len(path)
        is_start = at == 0 or pattern[at - 1] == "/"
        if is_start and pattern.startswith("**/", at):
            return any(rest(at + 3, e) for e in ends if e == 0 or path[e - 1] == "/")
        if pattern.startswith("**", at):
            return any(rest(at + 2, end) for end in ends)
        has_more = place < len(path) and path[place] != "/"
        if pattern[at] == "*":
            return rest(at + 1, place) or (has_more and rest(at, place + 1))
        if pattern[at] == "?":
            return has_more and rest(at + 1, place + 1)
        return path[place : place + 1] == pattern[at] and rest(at + 1, place + 1)

    return rest(0, 0)


def test_paths_match_as_if_every_way_were_tried() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        count = chance.randint(1, 8)
        pattern = "".join(chance.choices(["a", "b", "/", "*", "?", "**/"], k=count))
        path = "".join(chance.choices("aab/", k=chance.randint(0, 9)))
        if "***" not in pattern:
            assert path_test(pattern)(path) == _slowly(pattern, path), (pattern, path)


def test_of_a_long_path_the_end_counts() -> None:
    assert path_test("**/cart.py")("a/" * 5000 + "cart.py")


@pytest.mark.parametrize(
    "pattern",
    [
        *("**/a*" * 100, "*a" * 250, "**a*a" * 100, "*" + "?" * 400 + "b*"),
        *("**a" + "*a" * 100 + "*b", "**?" + "*?" * 200 + "*b", "**a*b"),
    ],
)
def test_nested_wildcards_take_no_time(pattern: str) -> None:
    assert any(_cpu_s(pattern) < 0.05 for _ in range(3))


def _cpu_s(pattern: str) -> float:
    started = time.process_time()
    path_test(pattern)("a" * 8000)
    path_test(pattern)(("a" * 30 + "/") * 250)
    glob_test(pattern, ignores_case=True)("a" * 8000)
    return time.process_time() - started
