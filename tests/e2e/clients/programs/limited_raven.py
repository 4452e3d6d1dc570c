"""Tells of four losses, one after another, by raven."""

from __future__ import annotations

import os

from raven import Client
from raven.transport.http import HTTPTransport

client = Client(os.environ["SHOP_DSN"], transport=HTTPTransport)
for number in (1, 2, 3, 4):
    client.captureMessage(f"the shop lost order {number}")
