"""A shop that loses orders and then dies, watched by raven."""

from __future__ import annotations

import logging
import os
import statistics

from raven import Client, breadcrumbs

# The client says through logging what goes wrong with it.
logging.basicConfig(level="DEBUG")
client = Client(
    os.environ["SHOP_DSN"],
    release="shop@1.2.3",
    environment="staging",
    name="shop-1",
    tags={"region": "eu-west"},
    include_paths=["__main__"],
)
client.user_context({"id": 42, "email": "ada@example.com"})
breadcrumbs.record(category="cart", message="emptied the cart")


def average(prices: list[int]) -> float:
    return statistics.mean(prices)


for number in (1, 2, 3):
    client.captureMessage(f"the shop lost order {number}", level="warning")
try:
    average([])
except statistics.StatisticsError as error:
    raise ValueError("the shop has no average") from error
