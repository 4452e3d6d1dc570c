"""The source texts of the made-up web shop, in pieces that are put together."""

from __future__ import annotations

NOUNS = [
    "basket",
    "invoice",
    "parcel",
    "voucher",
    "refund",
    "address",
    "account",
    "shipment",
    "payment",
    "discount",
    "wishlist",
    "supplier",
    "warehouse",
    "claim",
    "price",
    "tax",
    "catalogue",
    "review",
    "stock",
    "coupon",
]
VERBS = [
    "collect",
    "reserve",
    "split",
    "merge",
    "price",
    "allocate",
    "validate",
    "release",
    "confirm",
    "archive",
    "measure",
    "assign",
    "combine",
    "publish",
    "restore",
    "schedule",
    "balance",
    "translate",
]
ERRORS = [
    "ValueError",
    "KeyError",
    "TypeError",
    "LookupError",
    "RuntimeError",
    "ArithmeticError",
    "PermissionError",
    "TimeoutError",
    "AttributeError",
    "ConnectionError",
]

# The web framework between server and view: (module, function).
FRAMEWORK = (
    ("webframe.server", "serve_request"),
    ("webframe.application", "dispatch"),
    ("webframe.middleware.errors", "guard"),
    ("webframe.middleware.sessions", "open_session"),
    ("webframe.middleware.accounts", "find_account"),
    ("webframe.routing", "resolve_and_call"),
)

FRAMEWORK_HEAD = '''\
"""Part of the way of a request: {module}."""

import time

SLOW_AFTER_S = 0.5


def {function}(request, handlers):
    """Passes the request on and looks at what the next handler answers."""
    remaining = list(handlers)
    handler = remaining.pop(0)
'''
FRAMEWORK_LINES = (
    """    started = time.perf_counter()
    request["depth"] = request.get("depth", 0) + 1""",
    """    if request.get("is_closed"):
        raise ConnectionError("the client went away")""",
    """    language = request.get("accept_language", "de,en;q=0.7").split(",")[0]""",
    """    cookies = dict(part.split("=", 1) for part in request.get("cookies", ()))
    session_key = cookies.get("sessionid", request["request_id"])""",
    """    is_secure = request.get("scheme", "https") == "https"
    origin = request.get("origin") or "https://shop.example"
    allowed = {"https://shop.example", "https://admin.shop.example"}""",
    """    is_read = request["method"] == "GET"
    budget_s = SLOW_AFTER_S if is_read else 4 * SLOW_AFTER_S""",
    """    path = request.get("path", "/").rstrip("/") or "/"
    arguments = [part for part in path.split("/") if part.isdigit()]""",
    """    for name in ("authorization", "cookie"):
        request.pop(f"raw_{name}", None)""",
)
FRAMEWORK_CALLS = (
    """    response = handler(request, remaining)
    if response.get("status", 200) >= 500:
        response["headers"] = dict(response["headers"], retry="5")
    return response
""",
    """    try:
        response = handler(request, remaining)
    finally:
        request["is_done"] = True
    response["headers"].setdefault("vary", "cookie")
    return response
""",
    """    answer = handler(request, remaining)
    if answer is None:
        raise TypeError(f"{handler!r} has answered nothing")
    answer["headers"]["x-frame-options"] = "DENY"
    return answer
""",
)

MODULE_HEAD = '''\
"""Everything that the shop knows of a {noun}."""

from decimal import Decimal

MAX_LINES = 250
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK")


class {title}:
    """One {noun} with its lines, as the view puts it together."""

    def __init__(self, number, currency, lines):
        self.number = number
        self.currency = currency
        self.lines = lines

    def __repr__(self):
        return f"<{title} {{self.number}} of {{len(self.lines)}} lines>"


def view_{noun}_{number}(request, handlers):
    """Answers POST /{noun}/{number}/."""
    form = request["form"]
    customer = request["customer"]
    lines = [
        {{"sku": f"SKU-{number:04d}-{{index}}", "quantity": index + 1, "price": price}}
        for index, price in enumerate(form["prices"])
    ]
    {noun} = {title}(form["order"], CURRENCIES[{number} % 5], lines)
    if len(lines) > MAX_LINES:
        return {{"status": 413, "headers": {{}}}}
    result = {first}({noun}, customer, form["total"])
    return {{"status": 200, "headers": {{}}, "result": result}}
'''

FUNCTION_HEAD = """

def {function}({noun}, customer, total):
"""
# What the functions of the shop do, each a few of these.
LINES = (
    """    reference = f"{{{noun}.number}}/{step}"
    weight = sum(line["quantity"] for line in {noun}.lines) * {a}""",
    """    limits = {{"weight": {b}, "lines": MAX_LINES, "step": {step}}}
    if len({noun}.lines) > limits["lines"]:
        raise OverflowError("too many lines")""",
    """    remaining = (Decimal(total) - Decimal({step})).quantize(Decimal("0.01"))""",
    """    many = [line for line in {noun}.lines if line["quantity"] > {step}]
    discounts = [line["sku"] for line in many]
    if discounts and not customer.get("is_trusted"):
        discounts.sort(key=lambda sku: sku[-3:])""",
    """    by_sku = {{line["sku"]: line for line in {noun}.lines}}
    missing = sorted(set(by_sku) - {{"SKU-{a}-0", "SKU-{b}-1"}})""",
    """    # Prices are kept in the smallest unit of their currency.
    cents = [line["price"].replace(".", "") for line in {noun}.lines]
    heaviest = max(cents, default="{b}")""",
    """    since = int(customer["since"].split("-")[0])
    years = max(0, 2026 - since)
    bonus = Decimal(years) * Decimal("0.{a}")""",
    """    currency = {noun}.currency.lower()
    rate = {{"eur": 1, "usd": 1.{a}, "gbp": 0.8{a}}}.get(currency, 1.0)""",
    """    key = f"{noun}:{{customer['id']}}:{{customer['cart']}}:{b}"
    ttl_s = 60 * {a}
    cached = None if ttl_s > {b} else key""",
    """    for line in {noun}.lines:
        line["quantity"] = min(line["quantity"], {b})
        line.setdefault("warehouse", "W{a}")""",
    """    attempts = {a}
    is_last_attempt = attempts >= {b}
    backoff_s = [round(0.1 * 2**attempt, 1) for attempt in range(attempts % 5)]""",
    """    address = customer.get("address") or {{"city": "Hamburg", "zip": "2{b}0"}}
    zone = int(address["zip"][:2]) % {a}""",
    """    taxes = {{code: Decimal(code) / 100 for code in (7, 19, {a})}}
    net = Decimal(total) / (1 + taxes[19])""",
    """    if customer["email"].endswith("@blocked-{a}.example"):
        return {{"state": "blocked", "reason": "mail {b}"}}""",
)
PASS_ON = "    return {next}({noun}, customer, str(Decimal(total) + {a}))\n"
FAIL = '    raise {error}(f"cannot {verb} {noun} {{{noun}.number}} for {{total}}")\n'
AFTER = """

def describe_{function}({noun}):
    return f"{verb} {noun} {{{noun}.number}} in {{{noun}.currency}}"


RETRY_AFTER_S = {b}
"""

SMALL_SOURCE = """\
def run_job(name, payload):
    attempt = payload.get("attempt", 1)
    return job_qz_signature_zq(payload, attempt)


def job_qz_signature_zq(payload, attempt):
    order = payload["order"]
    queue = payload["queue"]
    raise {error}(f"job qz_signature_zq of {{queue}} failed for {{order}}")
"""
