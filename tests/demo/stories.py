"""The errors of the bookshop's programs, and how often they happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Shape = Literal["steady", "daily", "burst", "fading", "growing", "rare"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A frame of a stack trace with some lines of source."""

    function: str
    file: str
    line: int
    source: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    vars: dict[str, str] = field(default_factory=dict)
    in_app: bool = True


@dataclass(frozen=True, kw_only=True)
class Story:
    """An error: what it says, where, how often and since when."""

    type: str
    value: str
    frames: tuple[Frame, ...]
    per_hour: int
    users: int
    days: float
    shape: Shape = "daily"
    level: str = "error"
    release: int = 0
    transaction: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def python(function: str, module: str, line: int, source: str, **more: Any) -> Frame:
    return Frame(
        function=function,
        file=module.replace(".", "/") + ".py",
        line=line,
        source=f"    {source}",
        before=("    order = self.orders.get(order_id)", "    order.lock()"),
        after=("    order.save()", "    return order"),
        **more,
    )


def script(function: str, file: str, line: int, source: str, **more: Any) -> Frame:
    return Frame(
        function=function,
        file=file,
        line=line,
        source=f"  {source}",
        before=("  const cart = useCart();", "  if (!cart.ready) return null;"),
        after=("  return <Total {...totals} />;", "}"),
        **more,
    )


VIEW = python(
    "post",
    "checkout.views",
    88,
    "receipt = self.checkout.place(basket, card=card)",
    vars={"basket": "<Basket 4711: 3 books>", "card": "[Filtered]"},
)
DJANGO = python(
    "_get_response",
    "django.core.handlers.base",
    197,
    "response = wrapped_callback(request, *args, **kwargs)",
    in_app=False,
)
PSYCOPG = python(
    "execute",
    "psycopg.cursor",
    117,
    "raise ex.with_traceback(None)",
    in_app=False,
)
TASK = python(
    "run", "fulfilment.tasks", 41, "return ship(parcel)", vars={"parcel": "<P-90210>"}
)
PAGE = script(
    "CheckoutPage", "src/pages/checkout.tsx", 31, "<Summary items={cart.items} />"
)

CHECKOUT = (
    Story(
        type="OperationalError",
        value='connection to server at "db-main" failed: too many clients already',
        frames=(
            DJANGO,
            VIEW,
            python(
                "acquire",
                "checkout.db.pool",
                63,
                "return self._pool.getconn(timeout=timeout)",
                vars={"timeout": "3.0", "self._pool.size": "40", "waiting": "117"},
            ),
            PSYCOPG,
        ),
        per_hour=210,
        users=611,
        days=0.2,
        shape="burst",
        level="fatal",
        release=1,
        transaction="POST /checkout",
    ),
    Story(
        type="KeyError",
        value="'currency'",
        frames=(
            DJANGO,
            VIEW,
            python(
                "line_items",
                "checkout.invoices",
                142,
                'total = Money(row["amount"], row["currency"])',
                vars={"row": "{'sku': '978-0141036144', 'amount': 899}"},
            ),
        ),
        per_hour=24,
        users=433,
        days=6,
        transaction="POST /checkout",
    ),
    Story(
        type="PaymentDeclined",
        value="card declined for order 48120: insufficient_funds",
        frames=(
            VIEW,
            python(
                "charge",
                "checkout.payments",
                77,
                "raise PaymentDeclined(order, answer.code)",
                vars={"answer.code": "'insufficient_funds'", "order": "<Order 48120>"},
            ),
        ),
        per_hour=9,
        users=1104,
        days=9,
        transaction="POST /checkout/pay",
    ),
    Story(
        type="IntegrityError",
        value='duplicate key value violates unique constraint "account_email_key"',
        frames=(
            DJANGO,
            python(
                "create", "accounts.views", 52, "user = User.objects.create(**form)"
            ),
            PSYCOPG,
        ),
        per_hour=1,
        users=38,
        days=2,
        shape="rare",
        transaction="POST /accounts/new",
    ),
    Story(
        type="ReadTimeout",
        value="HTTPSConnectionPool(host='tax.example.com'): read timed out (3.0 s)",
        frames=(
            VIEW,
            python(
                "rate_for",
                "checkout.tax",
                29,
                'answer = self.http.get("/rates", params=place)',
                vars={"place": "{'country': 'NL', 'zip': '1012'}"},
            ),
        ),
        per_hour=14,
        users=201,
        days=3,
        shape="growing",
        transaction="GET /checkout/tax",
    ),
    Story(
        type="DeprecationWarning",
        value="Basket.total is deprecated, use Basket.totals()",
        frames=(python("__get__", "checkout.basket", 18, "warn(self.message)"),),
        per_hour=55,
        users=0,
        days=90,
        shape="fading",
        level="warning",
    ),
    Story(
        type="ValueError",
        value="'2026-02-30' is not a date",
        frames=(python("parse", "checkout.gifts", 12, "return date.fromisoformat(s)"),),
        per_hour=2,
        users=17,
        days=21,
        shape="rare",
        transaction="POST /gift-cards",
    ),
    Story(
        type="AttributeError",
        value="'NoneType' object has no attribute 'shipping_address'",
        frames=(
            DJANGO,
            VIEW,
            python(
                "delivery",
                "checkout.delivery",
                37,
                "place = order.customer.shipping_address",
                vars={"order": "<Order 48211>", "order.customer": "None"},
            ),
        ),
        per_hour=17,
        users=344,
        days=33,
        transaction="GET /checkout/delivery",
    ),
    Story(
        type="ConnectionResetError",
        value="[Errno 104] Connection reset by peer",
        frames=(
            python(
                "publish",
                "checkout.events",
                24,
                "self.channel.send(message)",
                vars={"message": "<OrderPlaced 48120>"},
            ),
        ),
        per_hour=6,
        users=0,
        days=47,
        shape="steady",
        transaction="checkout.tasks.publish",
    ),
    Story(
        type="UnicodeDecodeError",
        value="'utf-8' codec can't decode byte 0xe9 in position 14",
        frames=(
            python("import_rows", "catalogue.onix", 203, 'text = raw.decode("utf-8")'),
        ),
        per_hour=3,
        users=0,
        days=5,
        shape="fading",
        transaction="catalogue.tasks.import_feed",
    ),
    Story(
        type="TemplateDoesNotExist",
        value="mail/receipt.zh-hant.html",
        frames=(python("render", "checkout.mail", 66, "return get_template(name)"),),
        per_hour=2,
        users=29,
        days=0.8,
        shape="growing",
        release=1,
        transaction="checkout.tasks.send_receipt",
    ),
    Story(
        type="",
        value="Slow query: SELECT … FROM orders WHERE shop_id = %s (1840 ms)",
        frames=(),
        per_hour=30,
        users=0,
        days=60,
        level="info",
        more={"logger": "checkout.db"},
    ),
)
STOREFRONT = (
    Story(
        type="TypeError",
        value="Cannot read properties of undefined (reading 'currency')",
        frames=(
            PAGE,
            script(
                "renderTotals",
                "src/checkout/Summary.tsx",
                64,
                "const sum = format(order.total.currency, order.total.amount);",
            ),
        ),
        per_hour=46,
        users=207,
        days=0.4,
        shape="burst",
        release=1,
        transaction="/checkout",
    ),
    Story(
        type="ChunkLoadError",
        value="Loading chunk 417 failed.",
        frames=(
            script("loadChunk", "src/runtime.ts", 9, "throw new ChunkLoadError(id);"),
        ),
        per_hour=11,
        users=2904,
        days=40,
        transaction="/books/[isbn]",
    ),
    Story(
        type="SyntaxError",
        value="Unexpected token '<', \"<!doctype \"... is not valid JSON",
        frames=(
            script("suggest", "src/search/api.ts", 22, "return await answer.json();"),
        ),
        per_hour=7,
        users=130,
        days=21,
        transaction="/search",
    ),
)
FULFILMENT = (
    Story(
        type="LockTimeout",
        value='timed out after 2500 ms waiting for lock "parcel:90210"',
        frames=(TASK, python("ship", "fulfilment.parcels", 77, "with lock(parcel):")),
        per_hour=38,
        users=0,
        days=61,
        transaction="fulfilment.tasks.ship",
    ),
    Story(
        type="LabelError",
        value="carrier refused the label: weight 31.5 kg is over 31 kg",
        frames=(
            TASK,
            python("label", "fulfilment.carriers", 51, "raise LabelError(a)"),
        ),
        per_hour=4,
        users=0,
        days=15,
        shape="rare",
        transaction="fulfilment.tasks.ship",
    ),
    Story(
        type="MemoryError",
        value="cannot allocate 512 MiB for the picking list",
        frames=(TASK, python("pick", "fulfilment.lists", 90, "rows = list(cursor)")),
        per_hour=1,
        users=0,
        days=4,
        shape="rare",
        level="fatal",
        transaction="fulfilment.tasks.pick",
    ),
)
SEARCH = (
    Story(
        type="*net.OpError",
        value="dial tcp 10.0.4.12:9200: connect: connection refused",
        frames=(
            Frame(
                function="Query",
                file="search/index.go",
                line=118,
                source="\tconn, err := s.dial(ctx)",
            ),
        ),
        per_hour=18,
        users=0,
        days=30,
        shape="steady",
        transaction="GET /v1/search",
    ),
    Story(
        type="*json.SyntaxError",
        value="invalid character 'N' looking for beginning of value",
        frames=(
            Frame(
                function="Decode",
                file="search/facets.go",
                line=44,
                source="\tif err := dec.Decode(&facet); err != nil {",
            ),
        ),
        per_hour=5,
        users=0,
        days=8,
        transaction="GET /v1/facets",
    ),
)
