"""Has people told what happened to the issues that they follow."""

from __future__ import annotations

import time
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from alerts import claiming, courier

# Claiming stops after this long, so that the worker's digests get their turn.
_CLAIM_S = 1.0
# Beat calls as often.
_EVERY = timedelta(seconds=60)


@shared_task
def tell(is_reminder: bool = False) -> None:
    """Claims what happened and has mails sent; calls itself for what is due soon.

    Of all the calls only beat's make a reminder, so that they never multiply.
    """
    now = timezone.now()
    if not claiming.claim(now, until=time.monotonic() + _CLAIM_S):
        tell.delay(is_reminder=True)
    due_at = courier.next_due()
    if due_at is None:
        return
    if due_at <= now:
        courier.set_out()
    elif not is_reminder and due_at < now + _EVERY:
        wait_s = (due_at - now).total_seconds()
        tell.apply_async(kwargs={"is_reminder": True}, countdown=wait_s)
