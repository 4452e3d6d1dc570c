"""Chains and trees of exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from issues.event import Event, Exception_, Mechanism
from issues.grouping.parts import Part
from issues.grouping.rules import NO_RULES, GroupingRules
from issues.grouping.v1.frames import Trace, cycle, trace
from issues.grouping.v1.holes import without_kinds
from issues.grouping.v1.library import FAMILIES
from issues.grouping.v1.names import type_name
from issues.grouping.v1.parameterise import parameterised

_OVERFLOW_TYPES = (
    "RecursionError",
    "StackOverflow",
    "SystemStackError",
    "StackOverflowError",
)
_OVERFLOW_TEXTS = (
    "maximum recursion depth exceeded",
    "Maximum call stack size exceeded",
    "too much recursion",
    "stack level too deep",
    "Maximum function nesting level",
    "stack overflow",
)
# Firefox calls it InternalError.
_OVERFLOW_OF_SCRIPTS = "RangeError"


class Component(NamedTuple):
    """What one exception gives: the texts that count, and its part."""

    texts: tuple[str, ...]
    part: Part


def components(
    event: Event, rules: GroupingRules = NO_RULES, *, is_placed: bool = False
) -> list[Component]:
    """The exceptions, oldest cause first; those that do not count have no texts.

    ``is_placed`` says that the trace of a thread tells where it happened.

    Equal ones count once. In a group of exceptions the order is that of their
    texts: which of them failed first is chance.
    """
    values = event["exception"]["values"]
    platform = event["platform"]
    traces = [_trace(value, platform, rules) for value in values]
    # Beside the app's own frames those of libraries would only add their versions.
    has_own = any(found is not None and found.is_own for found in traces)
    found = [
        _component(value, seen, has_own, platform, is_placed)
        for value, seen in zip(values, traces, strict=True)
    ]
    is_group = _is_tree(values)
    chosen = group_members(values, found) if is_group else range(len(found))
    kept: list[Component] = []
    seen_texts: set[tuple[str, ...]] = set()
    for index, component in enumerate(found):
        if index not in chosen:
            hint = "the exceptions that it groups tell more"
        elif component.texts in seen_texts:
            hint = "it repeats another exception"
        else:
            seen_texts.add(component.texts)
            kept.append(component)
            continue
        kept.append(Component((), component.part._replace(hint=hint)))
    return sorted(kept, key=lambda component: component.texts) if is_group else kept


def _trace(value: Exception_, platform: str, rules: GroupingRules) -> Trace | None:
    stack = value.get("stacktrace")
    if not stack:
        return None
    frames = stack["frames"]
    return trace(frames, platform, rules.verdicts(frames, platform, value))


def _component(
    value: Exception_,
    found: Trace | None,
    has_own: bool,
    platform: str,
    is_placed: bool,
) -> Component:
    mechanism = value.get("mechanism")
    is_synthetic = bool(mechanism and mechanism.get("synthetic"))
    family = FAMILIES.get(platform, "other")
    kind = type_name(value.get("type", ""), family)
    texts: list[str] = []
    parts: list[Part] = []
    if kind:
        hint = "the SDK made it up" if is_synthetic else ""
        parts.append(Part("type", (kind,), hint))
        if family == "javascript" and _is_overflow(value):
            kind = _OVERFLOW_OF_SCRIPTS
        if not is_synthetic:
            texts.append("type=" + kind)
    code = _code(mechanism)
    if code:
        parts.append(Part("code", code))
        texts += code
    stack_texts: Sequence[str] = ()
    if found is not None:
        stack_texts, part = _stack_texts(value, found, has_own)
        parts.append(part)
    texts += stack_texts
    said = value.get("value", "")
    # Without a type it is a message with the place that sent it, which is exact only
    # where the text stands there: a helper may send what it is told.
    is_exact = bool(kind) or (found is not None and found.is_source_of(said))
    if said and (stack_texts or is_placed) and is_exact:
        # Left as it is: its variable data would be looked for in vain.
        parts.append(Part("value", (said[:200],), "the stack trace tells more"))
    elif said:
        said = parameterised(said)
        parts.append(Part("value", (said,)))
        texts.append("value=" + without_kinds(said))
    return Component(tuple(texts), Part("exception", (), "", tuple(parts)))


def _code(mechanism: Mechanism | None) -> tuple[str, ...]:
    """Domain and code of an error of Apple's systems, which tell more than its type."""
    error = mechanism.get("meta", {}).get("ns_error") if mechanism else None
    if not isinstance(error, dict):
        return ()
    found = (error.get("domain"), error.get("code"))
    return tuple(str(value) for value in found if value is not None)


def _stack_texts(
    value: Exception_, found: Trace, has_own: bool
) -> tuple[Sequence[str], Part]:
    if has_own and not found.is_own:
        hint = "none of its frames is of the app"
        return (), found.part._replace(hint=hint)
    if _is_overflow(value):
        recurring = cycle(_all_texts(value, found))
        if recurring:
            shown = tuple(text.replace("\x1f", " ") for text in recurring)
            return recurring, found.part._replace(values=("recursion", *shown))
    if not found.texts:
        return (), found.part._replace(hint="none of its frames tells anything")
    return found.texts, found.part


def _all_texts(value: Exception_, found: Trace) -> list[str]:
    """The texts with their repetitions, which is what an overflow is about."""
    return [
        "\x1f".join(part.values[:2]) + "\x1f"
        for part in found.part.parts
        if not part.hint or part.hint.startswith("it repeats")
    ]


def _is_overflow(value: Exception_) -> bool:
    if value.get("type", "").endswith(_OVERFLOW_TYPES):
        return True
    said = value.get("value", "")
    return any(text in said for text in _OVERFLOW_TEXTS) if said else False


def _is_tree(values: list[Exception_]) -> bool:
    """Whether some exception is a group, and all know their place in one tree."""
    if len(values) < 2:
        return False
    ids = []
    has_group = False
    for value in values:
        mechanism = value.get("mechanism", {})
        ids.append(mechanism.get("exception_id"))
        has_group = has_group or bool(mechanism.get("is_exception_group"))
    return has_group and None not in ids and len(set(ids)) == len(ids)


def group_members(values: list[Exception_], found: list[Component]) -> set[int]:
    """The places of those that stand for a tree of exceptions.

    A group is replaced by its members; members that are equal, together with what
    caused them, count once. If one kind is left, its chain stands for the event,
    else the kinds together with the group at the root do.
    """
    tree = _Tree(values, found)
    kinds: dict[tuple[tuple[str, ...], ...], list[int]] = {}
    for leaf in tree.leaves(tree.root):
        chain = tree.chain(leaf)
        kinds.setdefault(tuple(found[index].texts for index in chain), chain)
    chosen = {index for chain in kinds.values() for index in chain}
    if len(kinds) != 1:
        chosen.add(tree.root)
    return chosen


class _Tree:
    def __init__(self, values: list[Exception_], found: list[Component]) -> None:
        self.groups = set()
        self.children: dict[int, list[int]] = {}
        places = {}
        for index, value in enumerate(values):
            mechanism = value["mechanism"]
            places[mechanism["exception_id"]] = index
            if mechanism.get("is_exception_group"):
                self.groups.add(index)
        self.root = len(values) - 1
        for index, value in enumerate(values):
            parent = places.get(value["mechanism"].get("parent_id", -1))
            if parent is None:
                self.root = index
            elif parent != index:
                self.children.setdefault(parent, []).append(index)

    def leaves(self, node: int) -> list[int]:
        """The nearest descendants that are no groups; the node itself if it is none."""
        if node not in self.groups:
            return [node]
        found: list[int] = []
        pending = list(self.children.get(node, []))
        seen = {node}
        while pending:
            child = pending.pop()
            if child in seen:
                continue
            seen.add(child)
            if child in self.groups:
                pending.extend(self.children.get(child, []))
            else:
                found.append(child)
        return sorted(found) or [node]

    def chain(self, node: int) -> list[int]:
        """The exception and what caused it."""
        found = [node]
        for index in found:
            found += [i for i in self.children.get(index, []) if i not in found]
        return sorted(found)
