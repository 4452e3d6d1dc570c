"""Fingerprint rules: which fingerprint and title an event gets that matches."""

from __future__ import annotations

import re
from typing import NamedTuple

from issues.grouping.rules import Choice, mistakes
from issues.grouping.rules.matchers import Matcher, read_matcher
from issues.grouping.rules.scanner import Scanner

_ARROW = re.compile(r"->")
_VARIABLE = re.compile(r"\{\{[^{}\"]*\}\}")
_PLAIN = re.compile(r"(?:(?!\{\{)[^\s,])+")
_COMMA = re.compile(r"\s*,")
_ATTRIBUTE = re.compile(r"([A-Za-z_]\w*)=(?=\")|(title)=")

# What grouping knows of categories is in the rules for stack traces only.
_NOT_HERE = ("category",)


class FingerprintRule(NamedTuple):
    """A line: all matchers must match for the choice to count."""

    matchers: tuple[Matcher, ...]
    choice: Choice


def read_fingerprint_rule(scanner: Scanner) -> FingerprintRule:
    """The rule of a line. Raises BadRule."""
    written = scanner.text.strip()
    matchers = _matchers(scanner)
    fingerprint = []
    title = ""
    scanner.skip_blanks()
    while not scanner.at_end:
        start = scanner.place
        attribute = scanner.take(_ATTRIBUTE)
        if attribute is not None:
            if (attribute[1] or attribute[2]) != "title":
                scanner.fail(mistakes.UNKNOWN_ATTRIBUTE, found=attribute[0], at=start)
            title = _title(scanner)
            break
        fingerprint.append(_part(scanner))
        scanner.take(_COMMA)
        scanner.skip_blanks()
    if not fingerprint:
        scanner.fail(mistakes.NO_FINGERPRINT)
    return FingerprintRule(matchers, Choice(tuple(fingerprint), title, written))


def _matchers(scanner: Scanner) -> tuple[Matcher, ...]:
    """The matchers before the arrow, which is read too."""
    found: list[Matcher] = []
    while True:
        scanner.skip_blanks()
        if scanner.at_end:
            scanner.fail(mistakes.NO_ARROW)
        if found and scanner.take(_ARROW):
            return tuple(found)
        found.append(read_matcher(scanner, without=_NOT_HERE))


def _part(scanner: Scanner) -> str:
    """One part of a fingerprint. Raises BadRule."""
    if scanner.starts('"'):
        return scanner.quoted(keeps_escapes=False)
    start = scanner.place
    while scanner.take(_VARIABLE) or scanner.take(_PLAIN):
        pass
    if scanner.starts("{{"):
        scanner.fail(mistakes.UNCLOSED_VARIABLE)
    if scanner.place == start:
        scanner.fail(mistakes.NO_FINGERPRINT)
    return scanner.text[start : scanner.place]


def _title(scanner: Scanner) -> str:
    """The title, which ends the line. Raises BadRule."""
    title = scanner.quoted(keeps_escapes=False) if scanner.starts('"') else ""
    if not title:
        title = _part(scanner)
    scanner.skip_blanks()
    if not scanner.at_end:
        scanner.fail(mistakes.AFTER_TITLE)
    return title
