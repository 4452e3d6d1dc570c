"""Takes secrets out of an event before it is stored.

Fields with a telling name are filtered wherever they are. All texts are looked at
together; only if that finds something are they cleaned one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from ingest.secrets import (
    FILTERED,
    cleaned,
    is_card_number,
    is_secret_name,
    may_hold_secret,
)
from issues.event import Event

DEPTH_MAX = 16
"""Deeper containers become three dots: nothing unseen is stored."""

NAMES_MAX = 20_000

_CARD_MIN = 10**12
_harmless: set[str] = set()
"""Names of fields that were looked at before and told nothing."""


def scrub(event: Event) -> None:
    """Replace secrets by ``[Filtered]``, in place.

    Looked at: variables, request, extra, contexts, breadcrumbs, tags, the user's
    data, messages with their parameters, and the values and mechanisms of exceptions.
    """
    if len(_harmless) > NAMES_MAX:
        _harmless.clear()
    bags, told = _bags(event)
    texts = [holder[name] for holder, name in told]
    is_odd = _filter_names(bags, texts)
    if is_odd:
        for bag in bags:
            _cut(bag, 0)
    if is_odd or may_hold_secret("\n".join(texts)):
        for bag in bags:
            _clean(bag)
        for holder, name in told:
            holder[name] = cleaned(holder[name])


def _bags(event: Event) -> tuple[list[Any], list[tuple[Any, str]]]:
    """The free-form containers of the event, and (object, name) of its own texts."""
    fields: dict[str, Any] = event  # type: ignore[assignment]  # Read by name.
    bags = [fields[name] for name in ("extra", "contexts", "tags") if name in fields]
    told: list[tuple[Any, str]] = []
    if "request" in fields:
        _add_request(fields["request"], bags, told)
    if "user" in fields and "data" in fields["user"]:
        bags.append(fields["user"]["data"])
    if "breadcrumbs" in fields:
        for crumb in fields["breadcrumbs"]["values"]:
            if "data" in crumb:
                bags.append(crumb["data"])
            if "message" in crumb:
                told.append((crumb, "message"))
    if "logentry" in fields:
        bags.append(fields["logentry"])
    for name in ("exception", "threads"):
        if name in fields:
            for holder in fields[name]["values"]:
                _add_holder(holder, bags, told)
    if "stacktrace" in fields:
        _add_variables(fields["stacktrace"], bags)
    return bags, told


def _add_request(
    request: dict[str, Any], bags: list[Any], told: list[tuple[Any, str]]
) -> None:
    """The request's parts; cookies are secrets, whatever their names."""
    for pair in request.get("cookies", ()):
        pair[1] = FILTERED
    for name in ("headers", "query_string", "env", "data"):
        part = request.get(name)
        if type(part) is dict or type(part) is list:
            bags.append(part)
        elif type(part) is str:
            told.append((request, name))
    if "url" in request:
        told.append((request, "url"))


def _add_holder(
    holder: dict[str, Any], bags: list[Any], told: list[tuple[Any, str]]
) -> None:
    """An exception or a thread."""
    if "value" in holder:
        told.append((holder, "value"))
    if "mechanism" in holder:
        bags.append(holder["mechanism"])
    for name in ("stacktrace", "raw_stacktrace"):
        if name in holder:
            _add_variables(holder[name], bags)


def _add_variables(trace: dict[str, Any], bags: list[Any]) -> None:
    bags += [frame["vars"] for frame in trace["frames"] if "vars" in frame]


def _filter_names(bags: list[Any], texts: list[str]) -> bool:
    """Filter fields by their names, and add their texts to the list.

    Goes level by level through all containers at once, by calls that run in C. True
    when there is more to do: containers that lie too deep, or integers that look
    like card numbers.
    """
    found = bags
    has_card = False
    for _ in range(DEPTH_MAX):
        dicts = [node for node in found if type(node) is dict]
        lists = [node for node in found if type(node) is list]
        if not dicts and not lists:
            return has_card
        _filter_entries(dicts)
        for items in lists:
            # A pair: a header, a query's field, a tag.
            if len(items) == 2 and type(items[0]) is str and items[0] not in _harmless:
                _filter_pair(items)
        found = _add_texts(chain.from_iterable(map(dict.values, dicts)), texts)
        found += _add_texts(chain.from_iterable(lists), texts)
        numbers = [value for value in found if type(value) is int]
        has_card = has_card or (bool(numbers) and max(numbers) >= _CARD_MIN)
    return True


def _add_texts(values: Iterable[Any], texts: list[str]) -> list[Any]:
    """Add the texts among the values to the list, and give back the others."""
    values = list(values)
    try:
        # Joining is the fastest way to learn that all are texts.
        texts.append("\n".join(values))
    except TypeError:
        texts += [value for value in values if type(value) is str]
        return [value for value in values if type(value) is not str]
    return []


def _filter_entries(dicts: list[dict[str, Any]]) -> None:
    is_harmless = _harmless.issuperset
    for entries in [one for one in dicts if not is_harmless(one)]:
        for name, value in entries.items():
            if name in _harmless:
                continue
            if not is_secret_name(name):
                _harmless.add(name)
            elif value and type(value) is not bool:
                entries[name] = FILTERED


def _filter_pair(pair: list[Any]) -> None:
    name, value = pair
    if not is_secret_name(name):
        _harmless.add(name)
    elif value and type(value) is str:
        pair[1] = FILTERED


def _cut(node: Any, depth: int) -> None:
    """Replace what lies too deep by dots, and integers that are card numbers."""
    for key, value in node.items() if type(node) is dict else enumerate(node):
        kind = type(value)
        if kind is dict or kind is list:
            if depth == DEPTH_MAX:
                node[key] = "..."
            else:
                _cut(value, depth + 1)
        elif kind is int and is_card_number(value):
            node[key] = FILTERED


def _clean(node: Any) -> None:
    """Clean every text below a container."""
    for key, value in node.items() if type(node) is dict else enumerate(node):
        kind = type(value)
        if kind is str:
            node[key] = cleaned(value)
        elif kind is dict or kind is list:
            _clean(value)
