"""Events as the real sentry-sdk serialises them, made ahead in any number.

The SDK captures one crash of each signature; what differs from event to event (ids,
times, user, order, amounts) is then filled into the envelope that it would have sent,
which is compressed as the SDK does it: gzip, level 9.
"""

from __future__ import annotations

import json
import random
import re
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations.argv import ArgvIntegration
from sentry_sdk.integrations.modules import ModulesIntegration
from sentry_sdk.transport import Transport

from tests.bench import application

SIGNATURES = 500
USERS = 5_000

_PLACE = re.compile(r"qz_([a-z]+\d*(?:_[a-z0-9]+)?)_zq")
_SIZED = re.compile(r"([a-z]+)(\d+)")
_CAPTURE_KEY = "0" * 32
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class Sent:
    """One event, ready to be posted."""

    event_id: str
    signature: int
    user: int
    # The envelope, gzip.
    body: bytes
    # The event's JSON alone.
    json_bytes: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a set of events weighs, in bytes."""

    json_median: int
    json_mean: int
    json_smallest: int
    json_largest: int
    gzip_mean: int


def sizes(events: list[Sent]) -> Sizes:
    weights = [event.json_bytes for event in events]
    return Sizes(
        json_median=round(median(weights)),
        json_mean=round(mean(weights)),
        json_smallest=min(weights),
        json_largest=max(weights),
        gzip_mean=round(mean(len(event.body) for event in events)),
    )


class Typical:
    """Web requests that failed: 9 to 16 frames with source lines and locals,
    breadcrumbs, request, module list."""

    def __init__(self, *, seed: int) -> None:
        self._chance = random.Random(seed)
        self._templates: dict[int, _Template] = {}

    def make(self, count: int) -> list[Sent]:
        """So many more events, spread evenly over signatures and users."""
        wanted = [self._chance.randrange(SIGNATURES) for _ in range(count)]
        new = sorted(set(wanted) - self._templates.keys())
        with _capturing(integrations=[ModulesIntegration(), ArgvIntegration()]) as sdk:
            for number in new:
                crash = application.make_view(number)
                self._templates[number] = sdk.capture(crash, _as_web_request(number))
        return [_fill(self._templates[one], one, self._chance) for one in wanted]


class Small:
    """Background jobs that failed: two frames, about 2 KB of JSON."""

    def __init__(self, *, seed: int) -> None:
        self._chance = random.Random(seed)
        with _capturing(include_source_context=False) as sdk:
            self._templates = [
                sdk.capture(application.make_job(number), _as_job)
                for number in range(7)
            ]

    def make(self, count: int, *, signatures: int = SIGNATURES) -> list[Sent]:
        """So many more events; each signature comes once before any comes twice."""
        templates = self._templates
        return [
            _fill(templates[number % len(templates)], number, self._chance)
            for number in (index % signatures for index in range(count))
        ]


@dataclass(frozen=True, slots=True)
class _Template:
    """An envelope with places to fill in: texts and names take turns."""

    header: list[str]
    item_header: dict[str, Any]
    payload: list[str]


Scene = Callable[[sentry_sdk.Scope], None]


class _Recorder(Transport):
    """Keeps the envelope that the SDK would have sent."""

    def __init__(self) -> None:
        super().__init__()
        self.envelope: Envelope | None = None

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelope = envelope


class _Sdk:
    def __init__(self, client: sentry_sdk.Client, recorder: _Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def capture(self, crash: application.Crash, scene: Scene) -> _Template:
        """What the SDK sends when `crash` raises in `scene`."""
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope() as scope:
            scope.set_client(self._client)
            scene(scope)
            try:
                crash()
            except Exception as error:  # noqa: BLE001 - Any kind of crash is wanted.
                scope.capture_exception(error)
        envelope, self._recorder.envelope = self._recorder.envelope, None
        assert envelope is not None, "the SDK has sent nothing"
        return _template_of(envelope.serialize())


@contextmanager
def _capturing(**options: Any) -> Iterator[_Sdk]:
    recorder = _Recorder()
    client = sentry_sdk.Client(
        dsn=f"http://{_CAPTURE_KEY}@127.0.0.1/1",
        transport=recorder,
        default_integrations=False,
        release="shop@2026.11.3",
        environment="production",
        server_name="web-3.shop.example",
        project_root=application.ROOT,
        before_send=_vary,
        **options,
    )
    yield _Sdk(client, recorder)
    client.close()


def _vary(event: Any, _hint: Any) -> Any:
    """Puts places where the SDK has put the ids and times of this one capture."""
    event["event_id"] = "qz_event_zq"
    event["timestamp"] = "qz_time0_zq"
    for crash in event["exception"]["values"]:
        frames = crash["stacktrace"]["frames"]
        frames[:] = [one for one in frames if not one["module"].startswith("tests.")]
    trace = event["contexts"]["trace"]
    trace["trace_id"], trace["span_id"] = "qz_hex32_trace_zq", "qz_hex16_span_zq"
    for index, crumb in enumerate(event.get("breadcrumbs", {}).get("values", [])):
        crumb["timestamp"] = f"qz_time{index + 1}_zq"
    return event


def _as_web_request(number: int) -> Scene:
    def prepare(scope: sentry_sdk.Scope) -> None:
        chance = random.Random(-number)
        _set_user(scope)
        scope.set_transaction_name(f"/checkout/{number}/", source="route")
        scope.set_tag("region", chance.choice(("eu-west", "eu-north", "us-east")))
        scope.set_tag("plan", chance.choice(("free", "team", "business")))
        scope.set_tag("worker", f"web-{chance.randrange(8)}")
        scope.set_context("browser", {"name": "Firefox", "version": "145.0"})
        scope.set_context("os", {"name": "Linux", "version": "6.12"})
        scope.set_extra("basket_lines", [f"SKU-{number:04d}-{i}" for i in range(5)])
        for index in range(chance.randint(10, 30)):
            scope.add_breadcrumb(_breadcrumb(index, chance))
        scope.add_event_processor(lambda event, _hint: _with_request(event, number))

    return prepare


def _as_job(scope: sentry_sdk.Scope) -> None:
    _set_user(scope)
    scope.set_tag("queue", "mail")
    chance = random.Random(0)
    for index in range(4):
        scope.add_breadcrumb(_breadcrumb(index, chance))


def _set_user(scope: sentry_sdk.Scope) -> None:
    scope.set_user(
        {"id": "qz_user_zq", "email": "qz_email_zq", "ip_address": "qz_ip_zq"}
    )


def _breadcrumb(index: int, chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(("query", "query", "http", "log"))
    if kind == "query":
        table = chance.choice(("basket", "customer", "price", "stock"))
        return {
            "type": "default",
            "category": "query",
            "message": f"SELECT * FROM shop_{table} WHERE id = qz_num6_q{index}_zq",
            "data": {"db.params": "[]", "db.system": "postgresql"},
        }
    if kind == "http":
        return {
            "type": "http",
            "category": "httplib",
            "data": {
                "url": f"https://stock.example/v2/items/qz_num5_h{index}_zq",
                "http.method": "GET",
                "status_code": chance.choice((200, 200, 204, 404)),
            },
        }
    return {
        "type": "log",
        "level": "info",
        "category": "shop.checkout",
        "message": f"took qz_num3_l{index}_zq ms for step {index}",
    }


def _with_request(event: Any, number: int) -> Any:
    """What the SDK's web integrations add."""
    event["request"] = {
        "url": f"https://shop.example/checkout/{number}/",
        "method": "POST",
        "query_string": "step=pay&ref=qz_hex8_ref_zq",
        "headers": {
            "Host": "shop.example",
            "User-Agent": (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
            ),
            "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "de,en-US;q=0.7,en;q=0.3",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Referer": "https://shop.example/basket/",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Request-Id": "qz_hex32_request_zq",
            "Cookie": "sessionid=qz_hex32_session_zq; csrftoken=qz_hex32_csrf_zq",
        },
        "cookies": {
            "sessionid": "qz_hex32_session_zq",
            "csrftoken": "qz_hex32_csrf_zq",
        },
        "env": {
            "REMOTE_ADDR": "qz_ip_zq",
            "SERVER_NAME": "shop.example",
            "SERVER_PORT": "8000",
        },
        "data": {
            "order": "ord_qz_hex8_order_zq",
            "address": "qz_num3_house_zq Harbour Street",
            "csrfmiddlewaretoken": "qz_hex32_csrf_zq",
        },
    }
    return event


def _template_of(envelope: bytes) -> _Template:
    header, item_header, payload = envelope.decode().split("\n", 2)
    headers = json.loads(header)
    headers["event_id"], headers["sent_at"] = "qz_event_zq", "qz_time0_zq"
    if "trace" in headers:
        headers["trace"]["trace_id"] = "qz_hex32_trace_zq"
    return _Template(
        header=_PLACE.split(json.dumps(headers, separators=(",", ":"))),
        item_header=json.loads(item_header),
        payload=_PLACE.split(payload.rstrip("\n")),
    )


def _fill(template: _Template, signature: int, chance: random.Random) -> Sent:
    values = _Values(signature, chance)
    payload = values.fill(template.payload).encode()
    item = json.dumps({**template.item_header, "length": len(payload)})
    envelope = b"\n".join(
        (values.fill(template.header).encode(), item.encode(), payload, b"")
    )
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP_WINDOW)
    return Sent(
        event_id=values["event"],
        signature=signature,
        user=int(values["user"]),
        body=packer.compress(envelope) + packer.flush(),
        json_bytes=len(payload),
    )


class _Values(dict[str, str]):
    """What stands in an event's places; the same name always gives the same."""

    def __init__(self, signature: int, chance: random.Random) -> None:
        user = chance.randrange(USERS)
        self._chance = chance
        self._now = datetime.now(UTC) - timedelta(milliseconds=chance.randrange(5_000))
        super().__init__(
            event=uuid.UUID(int=chance.getrandbits(128), version=4).hex,
            signature=f"step{signature:05d}",
            user=str(user),
            email=f"customer{user}@mail.example",
            ip=f"10.{user % 250}.{user // 250}.{chance.randrange(1, 255)}",
        )

    def fill(self, parts: list[str]) -> str:
        parts = parts.copy()
        parts[1::2] = [self[name] for name in parts[1::2]]
        return "".join(parts)

    def __missing__(self, name: str) -> str:
        match = _SIZED.match(name)
        assert match, f"nothing is known of {name}"
        kind, size = match.groups()
        if kind == "time":
            # Breadcrumbs count upwards to the event.
            back_ms = 40 * (99 - int(size)) if int(size) else 0
            at = self._now - timedelta(milliseconds=back_ms)
            value = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        elif kind == "hex":
            value = f"{self._chance.getrandbits(4 * int(size)):0{size}x}"
        else:
            value = str(self._chance.randrange(10 ** (int(size) - 1), 10 ** int(size)))
        self[name] = value
        return value
