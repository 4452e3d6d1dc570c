"""Tells of four losses, one after another, by sentry-sdk of any age."""

from __future__ import annotations

import os

import sentry_sdk

sentry_sdk.init(os.environ["SHOP_DSN"])
for number in (1, 2, 3, 4):
    sentry_sdk.capture_message(f"the shop lost order {number}")
    # Until the answer is there, so that it is known when the next one is captured.
    sentry_sdk.flush()
