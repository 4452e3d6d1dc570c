"""Whatever a client calls its monitor has a slug of its own."""

from __future__ import annotations

import pytest

from monitors.slugs import SLUG_CHARS, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("nightly-import", "nightly-import"),
        ("Nightly Import", "nightly-import"),
        ("jobs.clean_up: daily!", "jobs-clean_up-daily"),
        ("Säubern", "saubern"),
        ("  ", ""),
        ("!?", ""),
        ("x" * 80, "x" * SLUG_CHARS),
        ("a" * 49 + " b", "a" * 49),
    ],
)
def test_slug_is_lower_case_and_short(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_names_in_other_scripts_stay_apart() -> None:
    names = ["备份", "恢复", "备份 db", "恢复 db", "備" * 90]
    slugs = {slug_of(name) for name in names}
    assert len(slugs) == len(names)
    assert all(slug.isascii() and 0 < len(slug) <= SLUG_CHARS for slug in slugs)
    assert slug_of("备份 db").startswith("db-")
