"""The tables of docs/ingest.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.drafts import EVENT_ITEMS
from ingest.items import KINDS
from ingest.outcomes import _CATEGORIES, _SAME_NAME, Outcome, category_of

TEXT = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text()
# They end where an event is made of them.
MERGED = {"form_data"}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under the heading, code marks taken off."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)[1:]
    return [[cell.strip("` ") for cell in row.split(" | ")] for row in rows]


def test_every_item_type_is_told_with_its_category() -> None:
    told = {kind: category for kind, category, _ in table("Item types")}
    known = {*_CATEGORIES, *_SAME_NAME}
    assert told == {one: category_of(one) for one in known} | {"any other": "unknown"}


def test_what_is_not_kept_is_told() -> None:
    not_kept = {
        kind for kind, _, done in table("Item types") if done.startswith("Counted, not")
    }
    kept = {*KINDS, *EVENT_ITEMS, *MERGED}
    assert not_kept == {*_CATEGORIES, *_SAME_NAME, "any other"} - kept


def test_every_outcome_is_told_with_its_status() -> None:
    told = {outcome: int(status) for outcome, status, _ in table("Outcomes")}
    assert told == {outcome.value: outcome.status for outcome in Outcome}
