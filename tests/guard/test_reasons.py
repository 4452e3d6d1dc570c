"""Whatever outcome and reason something is counted under has words for people."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ingest.filters import _filters
from ingest.items.attachments import _REFUSALS
from ingest.items.checkins import _refusal
from ingest.items.client_report import KNOWN_REASONS, OTHER_REASON
from ingest.outcomes import CATEGORIES, Outcome
from ingest.reasons import WORDS
from ingest.wording import (
    CATEGORY_NAMES,
    GROUP_NAMES,
    GROUP_OF,
    IN_GENERAL,
    OUTCOME_NAMES,
    Group,
)
from monitors.reports import Rejection
from projects.limits import LimitReason
from projects.rules import FilterRules

ROOT = Path(__file__).parents[2]
# What is refused before a project is known is counted in /metrics only.
NOT_BY_PROJECT = {Outcome.UNAUTHENTICATED, Outcome.UNROUTED}
# Where the general words say it all.
PLAIN = {Outcome.TOO_LARGE, Outcome.UNSUPPORTED}

Reason = tuple[Outcome, str]


def refusals() -> Iterator[Reason]:
    """Every outcome with a reason that the code names in one call."""
    for path in sorted((ROOT / "ingest").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            outcomes = [one for arg in node.args if (one := _outcome(arg))]
            reasons = [one.value for one in node.keywords if one.arg == "reason"]
            if name in {"Refusal", "invalid"}:
                reasons += node.args[1:2]
            if name == "invalid":
                outcomes.append(Outcome.INVALID)
            for reason in reasons:
                if outcomes and isinstance(reason, ast.Constant):
                    yield outcomes[0], str(reason.value)


def _outcome(node: ast.expr) -> Outcome | None:
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Outcome":
        return Outcome[node.attr]
    return None


def filters() -> Iterator[Reason]:
    rules = FilterRules(
        releases=("*",),
        environments=("*",),
        messages=("*",),
        addresses=("192.0.2.1",),
        localhost=True,
        browser_extensions=True,
        web_crawlers=True,
        health_checks=True,
        legacy_browsers=("ie",),
    )
    for filter in _filters(rules):
        yield Outcome.FILTERED, filter.name


def rejections() -> Iterator[Reason]:
    for rejection in Rejection:
        refusal = _refusal(rejection)
        assert refusal is not None
        yield refusal.outcome, refusal.reason


def without_words(reasons: set[Reason]) -> set[Reason]:
    return {
        (outcome, reason)
        for outcome, reason in reasons
        if reason and outcome not in PLAIN and (outcome, reason) not in WORDS
    }


def test_every_refusal_has_words() -> None:
    found = set(refusals())
    assert len(found) > 20
    assert without_words(found) == set()


def test_every_filter_limit_and_rejection_has_words() -> None:
    found = {*filters(), *rejections(), *_REFUSALS.values()}
    found |= {(Outcome.RATE_LIMITED, reason.value) for reason in LimitReason}
    assert without_words(found) == set()


def test_every_reason_of_sdks_has_words() -> None:
    reasons = KNOWN_REASONS | {OTHER_REASON}
    assert without_words({(Outcome.CLIENT_DISCARD, one) for one in reasons}) == set()


def test_every_outcome_has_a_name_a_group_and_words() -> None:
    assert set(Outcome) == set(OUTCOME_NAMES) == set(GROUP_OF) == set(IN_GENERAL)
    assert set(Group) == set(GROUP_NAMES)


def test_every_category_has_a_name() -> None:
    assert set(CATEGORY_NAMES) >= set(CATEGORIES)
