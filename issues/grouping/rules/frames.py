"""Which frames of a trace the rules mean: each distinct matcher is a bit of a mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from issues.event import Frame
from issues.grouping.rules.globs import Test
from issues.grouping.rules.matchers import (
    FrameTest,
    Matcher,
    category_test,
    frame_test,
    wants_app,
)

MASKS_MAX = 4096


class FrameNeed(NamedTuple):
    """What a frame must be: bits of its mask, and what other rules made of it."""

    mask: int
    app: tuple[bool, ...] = ()
    category: tuple[Test, ...] = ()


class State:
    """The frames of one trace while rules change what they are."""

    __slots__ = ("any_mask", "apps", "categories", "masks")

    def __init__(self, masks: list[int], apps: list[bool]) -> None:
        self.masks = masks
        self.apps = apps
        self.categories = [""] * len(masks)
        self.any_mask = 0
        for mask in masks:
            self.any_mask |= mask

    def meets(self, need: FrameNeed, place: int) -> bool:
        if self.masks[place] & need.mask != need.mask:
            return False
        if any(app != self.apps[place] for app in need.app):
            return False
        return all(test(self.categories[place]) for test in need.category)


class FrameTests:
    """The tests of frames of all rules of a project; a frame is tested once."""

    def __init__(self) -> None:
        self._bits: dict[Matcher, int] = {}
        self._tests: list[FrameTest] = []
        self._masks: dict[tuple[object, ...], int] = {}

    def need(self, matchers: Iterable[Matcher]) -> FrameNeed:
        """What the matchers together ask of a frame."""
        mask = 0
        apps = []
        categories = []
        for matcher in matchers:
            if matcher.name == "app":
                apps.append(wants_app(matcher))
            elif matcher.name == "category":
                categories.append(category_test(matcher))
            else:
                mask |= 1 << self._bit(matcher)
        return FrameNeed(mask, tuple(apps), tuple(categories))

    def _bit(self, matcher: Matcher) -> int:
        bit = self._bits.get(matcher)
        if bit is None:
            bit = self._bits[matcher] = len(self._tests)
            self._tests.append(frame_test(matcher))
        return bit

    def mask(self, frame: Frame, platform: str) -> int:
        """The bits of the tests that the frame passes."""
        get = frame.get
        key = (
            get("function"),
            get("module"),
            get("abs_path"),
            get("filename"),
            get("package"),
            get("platform", platform),
        )
        known = self._masks.get(key)
        if known is None:
            known = 0
            for bit, test in enumerate(self._tests):
                known |= test(frame, platform) << bit
            if len(self._masks) >= MASKS_MAX:
                self._masks.clear()
            self._masks[key] = known
        return known
