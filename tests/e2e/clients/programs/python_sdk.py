"""A shop that loses orders and then dies, watched by sentry-sdk of any age."""

from __future__ import annotations

import os
import statistics

import sentry_sdk

sentry_sdk.init(
    os.environ["SHOP_DSN"],
    release="shop@1.2.3",
    environment="staging",
    server_name="shop-1",
    debug=True,
)
sentry_sdk.set_user({"id": 42, "email": "ada@example.com"})
sentry_sdk.set_tag("region", "eu-west")
sentry_sdk.add_breadcrumb(category="cart", message="emptied the cart")


def average(prices: list[int]) -> float:
    return statistics.mean(prices)


for number in (1, 2, 3):
    sentry_sdk.capture_message(f"the shop lost order {number}", level="warning")
try:
    average([])
except statistics.StatisticsError as error:
    raise ValueError("the shop has no average") from error
