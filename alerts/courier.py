"""Hands mails over to the mail server, beside the worker's tasks.

A mail server that is slow or dead must not hold up digests, which share the worker's
one thread: mails leave from a thread of their own, which ends when none is due. Notices
are taken before their mail is handed over and go afterwards. Who is killed in between
leaves them to be taken again after LEASE; the second mail has the same Message-ID.
"""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from alerts import counts
from alerts.counts import Outcome
from alerts.letters import letter
from alerts.models import Notice
from alerts.stories import Story, stories_of
from projects.models import User

log = structlog.get_logger(__name__)

# Longer than handing over all mails of a user can take.
LEASE = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=1)
_PUT_OFF_MAX_MIN = 60
# More issues than that are told to a user in one mail.
_APART_MAX = 10
# From here on a reply says that another try will fare no better.
_FINAL = 500

_is_busy = threading.Lock()


class ServerAway(Exception):
    """The mail server can't be talked with: there is no use in trying other mails."""


def next_due() -> datetime | None:
    """When the next mail is to leave; None where none waits."""
    return Notice.objects.order_by("due_at").values_list("due_at", flat=True).first()


def waiting() -> int:
    """How many mails have not left yet."""
    return Notice.objects.count()


def set_out() -> None:
    """Has a thread deliver what is due, unless one does already."""
    if _is_busy.acquire(blocking=False):
        threading.Thread(target=_deliver_apart, name="courier", daemon=True).start()


def _deliver_apart() -> None:
    try:
        deliver()
    except Exception:
        log.exception("mails wait: they could not be delivered")
    finally:
        connection.close()
        _is_busy.release()


def deliver() -> None:
    """Sends everything that is due, until the mail server does not answer."""
    _give_up(timezone.now())
    with_server = mail.get_connection()
    try:
        while notices := _take_for_one_user(timezone.now()):
            _deliver_to(notices[0].user, notices, with_server)
    except ServerAway as error:
        log.warning("mails wait for the mail server", error=str(error))
    finally:
        with_server.close()


def _take_for_one_user(now: datetime) -> list[Notice]:
    """What is due for the user who has waited longest; until LEASE it is the caller's.

    Taken notices are not added to any more.
    """
    due = Notice.objects.filter(due_at__lte=now)
    with transaction.atomic():
        first = due.order_by("due_at").select_for_update(skip_locked=True).first()
        if first is None:
            return []
        mine = due.filter(user=first.user_id).select_for_update(skip_locked=True)
        ids = list(mine.values_list("pk", flat=True))
        taken = Notice.objects.filter(pk__in=ids)
        taken.update(is_taken=True, tries=F("tries") + 1, due_at=now + LEASE)
        return list(taken.select_related("user").order_by("created_at", "pk"))


def _deliver_to(
    reader: User, notices: Sequence[Notice], server: BaseEmailBackend
) -> None:
    """One mail an issue, or one for all where they are many."""
    if len(notices) > _APART_MAX:
        _deliver_one(reader, notices, stories_of(notices, reader), server)
        return
    left = list(notices)
    try:
        for notice in notices:
            _deliver_one(reader, [notice], stories_of([notice], reader), server)
            left.remove(notice)
    except ServerAway:
        _put_off(left[1:])
        raise


def _deliver_one(
    reader: User,
    notices: Sequence[Notice],
    stories: Sequence[Story],
    server: BaseEmailBackend,
) -> None:
    """Sends the mail, if there is anything left to tell. Raises ServerAway."""
    if stories:
        message = letter(reader, notices, stories)
        try:
            _hand_over(message, server)
        except smtplib.SMTPException as error:
            _fail(notices, error)
            return
        except ServerAway:
            _put_off(notices)
            raise
        counts.count(Outcome.SENT)
    _remove(notices)


def _hand_over(message: EmailMultiAlternatives, server: BaseEmailBackend) -> None:
    """Raises ServerAway, and SMTPException where the server refuses this mail."""
    try:
        server.open()
        message.connection = server
        message.send()
    except (
        smtplib.SMTPServerDisconnected,
        smtplib.SMTPConnectError,
        smtplib.SMTPAuthenticationError,
        smtplib.SMTPHeloError,
        smtplib.SMTPSenderRefused,
        smtplib.SMTPNotSupportedError,
    ) as error:
        raise ServerAway(str(error)) from error
    except smtplib.SMTPException:
        raise
    except OSError as error:
        raise ServerAway(str(error)) from error


def _fail(notices: Sequence[Notice], error: smtplib.SMTPException) -> None:
    log.warning("the mail server refused a mail", error=str(error))
    if _is_final(error):
        counts.count(Outcome.GIVEN_UP)
        _remove(notices)
    else:
        _put_off(notices)


def _is_final(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _FINAL for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and (
        error.smtp_code >= _FINAL
    )


def _put_off(notices: Sequence[Notice]) -> None:
    """To be tried again, later each time."""
    now = timezone.now()
    for notice in notices:
        minutes = min(2 ** (notice.tries - 1), _PUT_OFF_MAX_MIN)
        notice.due_at = now + timedelta(minutes=minutes)
    Notice.objects.bulk_update(notices, ["due_at"])
    if notices:
        counts.count(Outcome.PUT_OFF, len(notices))


def _give_up(now: datetime) -> None:
    """Forgets the mails that could not be delivered for too long, whatever failed."""
    old = Notice.objects.filter(tries__gt=0, created_at__lt=now - GIVEN_UP_AFTER)
    given_up, _ = old.delete()
    if given_up:
        log.error("mails are given up: they could not be delivered", count=given_up)
        counts.count(Outcome.GIVEN_UP, given_up)


def _remove(notices: Sequence[Notice]) -> None:
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).delete()
