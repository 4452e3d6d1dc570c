"""Where in a query somebody types, and what may stand there."""

from __future__ import annotations

import pytest

from issues.search.completion import fixed_values, keys_like, spot
from issues.search.keys import key_named


@pytest.mark.parametrize(
    ("query", "replaced", "key"),
    [
        ("|", "", None),
        ("bro|", "bro", None),
        ("!bro|", "bro", None),
        ("a |b", "b", None),
        ("is:unresolved |", "", None),
        ("le|vel:error", "level", None),
        ("level:|", "", "level"),
        ("level:err|", "err", "level"),
        ("!level:err| x", "err", "level"),
        ("level:er|ror x", "error", "level"),
        ('os:"Mac O|', "O", None),
        ('os:"Mac OS|"', '"Mac OS"', "os"),
        ("os:[iOS,And|]", "And", "os"),
        ("os:[iO|S,And]", "iOS", "os"),
        ("os:[|", "", "os"),
        ('"in quotes|"', "", None),
    ],
)
def test_the_spot_of_the_cursor(query: str, replaced: str, key: str | None) -> None:
    found = spot(query.replace("|", ""), query.index("|"))
    assert query.replace("|", "")[found.start : found.end] == replaced
    assert (found.key and found.key.name) == key


@pytest.mark.parametrize("at", [-5, 0, 99])
def test_a_place_outside_is_an_end(at: int) -> None:
    assert spot("level:e", at).start in (0, 6)


def test_keys_are_found_by_all_their_names() -> None:
    assert [key.name for key in keys_like("first_s")] == ["firstSeen"]
    assert keys_like("type")[0].name == "error.type"
    assert keys_like("seen")[:2] == [key_named("firstSeen"), key_named("lastSeen")]
    assert keys_like("nothing") == []


def test_values_that_are_the_same_everywhere() -> None:
    assert {"unresolved", "unassigned"} <= set(fixed_values(key_named("is"), "un"))
    assert fixed_values(key_named("level"), "E") == ["error"]
    assert fixed_values(key_named("browser"), "") == []


@pytest.mark.parametrize("query", ['"', "[", "a:[", 'a:"', "!", ":", "a:[,,]", "\\"])
def test_no_text_breaks_it(query: str) -> None:
    for at in range(len(query) + 1):
        found = spot(query, at)
        assert 0 <= found.start <= found.end <= len(query)
