"""Reads the rules of a project: what they are, and what is wrong with lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from issues.grouping.rules import mistakes
from issues.grouping.rules.fingerprints import FingerprintRule, read_fingerprint_rule
from issues.grouping.rules.matchers import Matcher
from issues.grouping.rules.mistakes import BadRule, Mistake
from issues.grouping.rules.scanner import Scanner
from issues.grouping.rules.stack import StackRule, read_stack_rule
from projects.globs import without_braces

TEXT_CHARS = 100_000
RULES_MAX = 1000
# What the patterns of a text stand for, alternatives in braces counted each.
PATTERNS_MAX = 4000

T = TypeVar("T", FingerprintRule, StackRule)


class Read(NamedTuple):
    """What was read of two texts: the rules, and what is wrong with other lines."""

    fingerprinting: tuple[FingerprintRule, ...]
    enhancements: tuple[StackRule, ...]
    fingerprinting_mistakes: tuple[Mistake, ...]
    enhancements_mistakes: tuple[Mistake, ...]


def read_rules(fingerprinting: str, enhancements: str) -> Read:
    """The rules of two texts, one rule a line; a bad line is left out and told of."""
    chosen, chosen_mistakes = _read(fingerprinting, read_fingerprint_rule)
    stack, stack_mistakes = _read(enhancements, read_stack_rule)
    return Read(chosen, stack, chosen_mistakes, stack_mistakes)


def _read(
    text: str, read: Callable[[Scanner], T]
) -> tuple[tuple[T, ...], tuple[Mistake, ...]]:
    if len(text) > TEXT_CHARS:
        return (), (Mistake(1, 1, mistakes.TOO_LONG, str(TEXT_CHARS)),)
    rules: list[T] = []
    found: list[Mistake] = []
    patterns = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().lstrip("\ufeff")
        if not stripped or stripped.startswith("#"):
            continue
        try:
            rule = read(Scanner(line.rstrip(), number))
        except BadRule as bad:
            found.append(bad.mistake)
            continue
        patterns += sum(len(without_braces(m.pattern)) for m in _matchers_of(rule))
        if len(rules) >= RULES_MAX:
            found.append(Mistake(number, 1, mistakes.TOO_MANY_RULES, str(RULES_MAX)))
            break
        if patterns > PATTERNS_MAX:
            found.append(Mistake(number, 1, mistakes.TOO_MUCH, str(PATTERNS_MAX)))
            break
        rules.append(rule)
    return tuple(rules), tuple(found)


def _matchers_of(rule: FingerprintRule | StackRule) -> Iterator[Matcher]:
    yield from rule.matchers
    if isinstance(rule, StackRule):
        yield from rule.caller
        yield from rule.callee
