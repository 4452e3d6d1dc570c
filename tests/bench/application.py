"""A made-up web shop whose every view fails in its own way, for the SDK to report.

Its modules exist as source text only (see sources.py): they are compiled under the file
names that they would have on a server, so that the SDK finds their source lines, their
locals and which frames are the shop's own. Texts such as `qz_hex8_order_zq` are places
to be filled in for each event (see events.py).
"""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.bench import sources

ROOT = "/srv/shop"
_LIBRARIES = f"{ROOT}/venv/lib/python3.11/site-packages"

Crash = Callable[[], None]


def make_view(number: int) -> Crash:
    """Calls a view of the shop behind the whole framework; it always raises.

    Each number has a module, functions and a depth (9 to 16 frames) of its own.
    """
    chance = random.Random(number)
    noun, verb = (
        sources.NOUNS[number % len(sources.NOUNS)],
        chance.choice(sources.VERBS),
    )
    namespace = _load(
        f"shop.{noun}s.views_{number}",
        f"{ROOT}/shop/{noun}s/views_{number}.py",
        _view_source(number, noun, verb, chance),
    )
    handlers = [*_framework(), namespace[f"view_{noun}_{number}"]]

    def crash() -> None:
        handlers[0](_Request(chance), handlers[1:])

    return crash


def make_job(number: int) -> Crash:
    """Runs a background job that raises; its name is to be filled in."""
    namespace = _load(
        "shop.jobs.qz_signature_zq",
        f"{ROOT}/shop/jobs/qz_signature_zq.py",
        sources.SMALL_SOURCE.format(error=sources.ERRORS[number % len(sources.ERRORS)]),
    )
    payload = {"order": "qz_hex8_order_zq", "queue": "qz_num3_queue_zq"}
    return lambda: namespace["run_job"]("job", payload)


def _view_source(number: int, noun: str, verb: str, chance: random.Random) -> str:
    depth = chance.randint(2, 9)
    names = [
        f"{chance.choice(sources.VERBS)}_{noun}_{number}_{step}"
        for step in range(depth)
    ]
    source = [
        sources.MODULE_HEAD.format(
            noun=noun, title=noun.title(), number=number, first=names[0]
        )
    ]
    for step, name in enumerate(names):
        is_last = step == depth - 1
        pieces = (
            sources.FUNCTION_HEAD,
            "\n".join(chance.sample(sources.LINES, chance.randint(2, 5))) + "\n",
            sources.FAIL if is_last else sources.PASS_ON,
            sources.AFTER,
        )
        source.append(
            "".join(pieces).format(
                function=name,
                next="" if is_last else names[step + 1],
                noun=noun,
                verb=verb,
                step=step,
                a=chance.randint(11, 97),
                b=chance.randint(101, 997),
                error=chance.choice(sources.ERRORS),
            )
        )
    return "".join(source)


def _framework() -> list[Callable[..., Any]]:
    handlers = []
    for module, function in sources.FRAMEWORK:
        path = f"{_LIBRARIES}/{module.replace('.', '/')}.py"
        handlers.append(_load(module, path, _framework_source(module, function)))
    return [
        module[name]
        for module, (_, name) in zip(handlers, sources.FRAMEWORK, strict=True)
    ]


def _framework_source(module: str, function: str) -> str:
    chance = random.Random(module)
    head = sources.FRAMEWORK_HEAD.format(module=module, function=function)
    lines = chance.sample(sources.FRAMEWORK_LINES, 3)
    return "\n".join((head.rstrip(), *lines, chance.choice(sources.FRAMEWORK_CALLS)))


class _Request:
    """What the framework hands on; frames show it by its one line."""

    def __init__(self, chance: random.Random) -> None:
        self._values: dict[str, Any] = {
            "method": "POST",
            "request_id": "qz_hex32_request_zq",
            "customer": {
                "id": "qz_user_zq",
                "email": "qz_email_zq",
                "since": f"{chance.randint(2015, 2026)}-04-01",
                "cart": "qz_hex16_cart_zq",
                "note": "Ring at qz_num3_door_zq, qz_hex8_street_zq Street",
            },
            "form": {
                "order": "ord_qz_hex8_order_zq",
                "total": str(Decimal(chance.randint(100, 90_000)) / 100),
                "prices": [f"qz_num3_p{index}_zq.95" for index in range(5)],
            },
        }
        self.get = self._values.get
        self.pop = self._values.pop
        self.setdefault = self._values.setdefault

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __repr__(self) -> str:
        return f"<Request POST /checkout/ {self['request_id']}>"


# By path: the source that was loaded, and what came of it.
_loaded: dict[str, tuple[str, dict[str, Any]]] = {}


def _load(module: str, path: str, source: str) -> dict[str, Any]:
    """The namespace of a module whose source only linecache knows."""
    known = _loaded.get(path)
    if known is not None and known[0] == source:
        return known[1]
    lines = source.splitlines(keepends=True)
    linecache.cache[path] = (len(source), None, lines, path)
    namespace: dict[str, Any] = {"__name__": module, "__file__": path}
    exec(compile(source, path, "exec"), namespace)
    _loaded[path] = (source, namespace)
    return namespace
