"""What a release's name says, and which release came after which."""

from __future__ import annotations

import doctest
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from releases import versions
from releases.versions import Dated, is_later, parse

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)

IN_ORDER = [
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0rc1",
    "1.0.0-rc.2",
    "1.0.0-rc10",
    "1.0.0",
    "1.0.0+5",
    "1.0.0+10",
    "1.0.0.post1",
    "1.0.0.1",
    "1.0.1",
    "1.2",
    "1.10",
    "v2",
    "2.0.0.0.3",
    "2026.11.23",
    "2026-11-24",
    "2026-11-24T10:00",
    "2026-11-24T10:00:30",
    "20261124",
]


def dated(name: str, days: int = 0) -> Dated:
    return Dated(parse(name), MOMENT + timedelta(days=days))


def test_the_examples_of_the_docstrings() -> None:
    assert doctest.testmod(versions).failed == 0


@pytest.mark.parametrize(("lower", "higher"), [*itertools.pairwise(IN_ORDER)])
def test_versions_are_ordered_by_their_keys(lower: str, higher: str) -> None:
    assert parse(lower).sort_key < parse(higher).sort_key


def test_what_is_not_told_counts_as_zero() -> None:
    assert parse("1").sort_key == parse("1.0.0").sort_key == parse("v1.0").sort_key


@pytest.mark.parametrize(
    "name",
    ["7b3c1a9", "1e5", "1234567", "main", "1.0.0 beta", "", "1..2", "9" * 200, "build"],
)
def test_other_names_have_no_order(name: str) -> None:
    assert parse(name).sort_key == ""


@pytest.mark.parametrize(
    ("name", "package", "shown"),
    [
        ("shop@1.2.3", "shop", "1.2.3"),
        ("com.example.shop@1.2.3+45", "com.example.shop", "1.2.3+45"),
        ("@acme", "", "@acme"),
        ("shop@", "", "shop@"),
        ("@acme@1.0", "@acme", "1.0"),
        ("0123456789abcdef0123456789abcdef01234567", "", "0123456789ab"),
        ("20261124093000", "", "20261124093000"),
    ],
)
def test_a_name_has_a_package_and_a_version(
    name: str, package: str, shown: str
) -> None:
    assert (parse(name).package, parse(name).shown) == (package, shown)


def test_a_key_is_never_longer_than_its_column() -> None:
    assert len(parse("1.0-" + "a1" * 98).sort_key) <= versions.SORT_KEY_CHARS


def test_versions_of_a_package_go_by_their_numbers() -> None:
    assert is_later(dated("shop@1.10", days=0), dated("shop@1.9", days=5))
    assert not is_later(dated("shop@1.9"), dated("shop@1.9", days=-1))


@pytest.mark.parametrize(
    ("one", "other"), [("shop@1.0", "api@2.0"), ("7b3c1a9", "1.0"), ("abc", "def")]
)
def test_versions_that_cannot_be_compared_go_by_time(one: str, other: str) -> None:
    assert is_later(dated(one, days=1), dated(other))
    assert not is_later(dated(one), dated(other, days=1))
