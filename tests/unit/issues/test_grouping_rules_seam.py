"""What grouping makes of what the rules of a project say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from issues.event import Event, Exception_, Frame
from issues.grouping import Grouping, group
from issues.grouping.rules import Choice, Verdict, Verdicts
from tests.unit.events import error, event_of, frame

PLACE = {"module": "shop.cart", "filename": "shop/cart.py"}
LIBRARY = {"module": "celery.app", "filename": "celery/app.py", "in_app": False}


@dataclass(frozen=True)
class Fixed:
    """Rules that say the same of every event, and of the frames by their function."""

    chosen: Choice | None = None
    of_function: tuple[tuple[str, Verdict], ...] = ()
    max_frames: int = 0

    def choice(self, event: Event) -> Choice | None:
        return self.chosen

    def verdicts(
        self, frames: Sequence[Frame], platform: str, exception: Exception_ | None
    ) -> Verdicts | None:
        said = dict(self.of_function)
        found = (said.get(one.get("function", ""), Verdict()) for one in frames)
        return Verdicts(tuple(found), self.max_frames)


def grouped(payload: dict[str, Any], rules: Fixed) -> Grouping:
    return group(event_of(payload), rules)


def test_a_rule_goes_before_the_fingerprint_that_was_sent() -> None:
    rules = Fixed(Choice(("ours", "{{ type }}"), "", "type:* -> ours"))
    one = grouped(error(frame("total", **PLACE), fingerprint=["theirs"]), rules)
    other = grouped(error(frame("sum", **PLACE)), rules)
    assert one.hashes == other.hashes
    assert [(part.component, part.contributes) for part in one.parts] == [
        ("rule", True),
        ("fingerprint", True),
        ("exception", False),
    ]


def test_a_rule_may_name_the_event() -> None:
    rules = Fixed(Choice(("{{ default }}",), "{{ type }} in {{function}}", "rule"))
    payload = error(frame("total", **PLACE))
    found = grouped(payload, rules)
    assert found.title == "ValueError in total"
    assert found.hashes == group(event_of(payload)).hashes


def test_a_frame_that_a_rule_leaves_out_says_nothing() -> None:
    rules = Fixed(of_function=(("noise", Verdict(counts=False)),))
    noise, own = frame("noise", **PLACE), frame("total", **PLACE)
    noisy = grouped(error(noise, own), rules)
    assert noisy.hashes == grouped(error(own), rules).hashes
    (stack,) = [p for p in noisy.parts[0].parts if p.component == "stacktrace"]
    assert "leaves it out" in stack.parts[0].hint


def test_a_rule_can_make_a_frame_the_apps_own_or_not() -> None:
    own, other = frame("total", **PLACE), frame("run", **LIBRARY)
    plain = Fixed()
    kept = Fixed(of_function=(("run", Verdict(in_app=True)),))
    dropped = Fixed(of_function=(("total", Verdict(in_app=False)),))
    both = error(other, own)
    assert grouped(both, kept).hashes != grouped(both, plain).hashes
    assert grouped(both, dropped).hashes != grouped(both, plain).hashes


def test_only_the_last_frames_count_beyond_a_limit() -> None:
    rules = Fixed(max_frames=1)
    deep = error(frame("main", **PLACE), frame("total", **PLACE))
    flat = error(frame("total", **PLACE))
    assert grouped(deep, rules).hashes == grouped(flat, rules).hashes
