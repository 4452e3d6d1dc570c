"""How alike two issues are: a score, and what they have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from issues.grouping.v1.parameterise import parameterised

# How much each counts where both issues could have it in common.
_FRAMES, _TYPE, _CULPRIT, _WORDS = 45, 20, 15, 20
_WORD = re.compile(r"(?<!\w)[^\W\d_]{3,}(?!\w)")
_PLACEHOLDER = re.compile(r"<[a-z]+>")
_VALUE_CHARS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What an issue is compared by; `frames` are those that its grouping counts."""

    type: str
    culprit: str
    words: frozenset[str]
    frames: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """`score` is 0 to 100; frames as how many of how many the two have together."""

    score: int
    same_type: bool
    same_culprit: bool
    shared_frames: int
    all_frames: int
    shared_words: tuple[str, ...]


def traits(
    *, type: str, value: str, culprit: str, parts: Sequence[Mapping[str, Any]]
) -> Traits:
    """Of an issue's own fields and of the parts that its first event was grouped by."""
    return Traits(
        type=type,
        culprit=culprit,
        words=frozenset(_words(value[:_VALUE_CHARS])),
        frames=frozenset(_frames(parts)),
    )


def words_of(value: str) -> list[str]:
    """The words of a message that are no variable data, in their order."""
    text = _PLACEHOLDER.sub(" ", parameterised(value[:_VALUE_CHARS]))
    return list(dict.fromkeys(_words(text)))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def likeness(one: Traits, other: Traits) -> Likeness:
    """What only one of the two could have counts against them."""
    frames, all_frames = one.frames & other.frames, one.frames | other.frames
    words, all_words = one.words & other.words, one.words | other.words
    same_type = bool(one.type) and one.type == other.type
    same_culprit = bool(one.culprit) and one.culprit == other.culprit
    weighed = [
        (_FRAMES, _share(len(frames), len(all_frames)), bool(all_frames)),
        (_WORDS, _share(len(words), len(all_words)), bool(all_words)),
        (_TYPE, float(same_type), bool(one.type or other.type)),
        (_CULPRIT, float(same_culprit), bool(one.culprit or other.culprit)),
    ]
    possible = sum(weight for weight, _, has_some in weighed if has_some)
    reached = sum(weight * share for weight, share, _ in weighed)
    return Likeness(
        score=round(100 * reached / possible) if possible else 0,
        same_type=same_type,
        same_culprit=same_culprit,
        shared_frames=len(frames),
        all_frames=len(all_frames),
        shared_words=tuple(sorted(words)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _frames(parts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Place and function of the frames that count, without their line of source."""
    for part in parts:
        if part.get("component") == "frame" and not part.get("hint"):
            yield " ".join(part.get("values", ())[:2])
        yield from _frames(part.get("parts", ()))
