"""The door of the pipeline: takes a request in, appends it to the stream, answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from django.conf import settings

from ingest import answers, gate
from ingest.answers import Answer, Refused, Send
from ingest.append import Appender, RateLimited, StreamUnavailable
from ingest.auth import AuthError, Credentials, credentials
from ingest.body import BodyError
from ingest.counting import Refusals, count_request
from ingest.gate import Limits, Submission
from ingest.intake import Intake, Receive
from ingest.keyring import Keyring, KeysUnavailable
from ingest.outcomes import UNKNOWN, Outcome
from ingest.request import Request, open_request
from ingest.routes import METHODS, Endpoint, Route, find_route
from ingest.stream import Entry
from ingest.valkey import Valkey
from projects.keys import KeyInfo, load_key

# What inflates beyond this is looked at in a thread, so that others need not wait.
INLINE_BYTES = 2**20
KEYS_RETRY_AFTER_S = 5


class Edge:
    """The ASGI callable for the paths of the ingest protocol.

    It connects when there is need, and serves one event loop.
    """

    def __init__(self, load: Callable[[str], KeyInfo | None] = load_key) -> None:
        self._valkey = Valkey(settings.REDIS_URL)
        self._keyring = Keyring(self._valkey, settings.SPOOL_DIR / "keys", load)
        self._appender = Appender(self._valkey)
        self._refusals = Refusals(self._valkey)
        self._intake = Intake(settings.MAX_REQUEST_BYTES)
        self._limits = Limits(settings.MAX_ENVELOPE_BYTES, settings.MAX_EVENT_BYTES)
        self._inline_limits = Limits(
            min(INLINE_BYTES, settings.MAX_ENVELOPE_BYTES),
            min(INLINE_BYTES, settings.MAX_EVENT_BYTES),
        )
        # One: of the large ones only one at a time is held inflated.
        self._thread = ThreadPoolExecutor(1, "examine")

    async def __call__(
        self, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        route = find_route(scope["path"]) or Route(Endpoint.UNKNOWN, None)
        trusted = settings.TRUSTED_PROXIES
        request = open_request(scope, route, trusted_proxies=trusted)
        answer = await self._answer(request, receive)
        await answer.send(send)

    def start(self) -> None:
        """Goes on with what processes before have kept in the spool."""
        self._appender.start()

    def holds(self) -> bool:
        """Whether accepted requests wait here that the stream does not have yet."""
        return self._appender.holds()

    async def close(self) -> None:
        await self._appender.close()
        await self._valkey.close()
        self._keyring.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        if request.method == "OPTIONS":
            return answers.PREFLIGHT
        key: KeyInfo | None = None
        body: bytes | None = None
        held = 0
        try:
            _check_route(request)
            sender = _sender(request)
            if sender is not None:
                key = await self._find_key(sender.public_key, request.project_id)
            body, held = await self._body_of(request, receive)
            submission = await self._examine(request, body)
            if key is None:
                dsn = gate.destination(submission)
                key = await self._find_key(dsn.public_key, request.project_id)
            gate.check_destination(submission, key)
            client = sender.client if sender is not None else ""
            entry = _entry(request, key, submission, body, client)
            answer = await self._append(entry, key, submission)
        except Refused as refusal:
            if body is None:
                await self._intake.discard(receive, request.headers)
            return self._refuse(refusal, key)
        finally:
            self._intake.release(held)
        count_request(Outcome.ACCEPTED)
        return answers.IMAGE if request.method == "GET" else answer

    async def _find_key(self, public_key: str, project_id: int | None) -> KeyInfo:
        try:
            key = await self._keyring.find(public_key)
        except KeysUnavailable as error:
            headers = [answers.retry_after(KEYS_RETRY_AFTER_S)]
            raise Refused(Outcome.OVERLOADED, str(error), headers=headers) from None
        if key is None:
            raise Refused(Outcome.REJECTED, "unknown sentry_key")
        if project_id not in (None, key.project_id):
            raise Refused(Outcome.REJECTED, "the sentry_key is of another project")
        if not key.is_active:
            self._refusals.add_all(key, {UNKNOWN: 1}, Outcome.REJECTED, "disabled_key")
            raise Refused(Outcome.REJECTED, "the sentry_key is disabled")
        return key

    async def _body_of(self, request: Request, receive: Receive) -> tuple[bytes, int]:
        """The body as it came, and how much of it the intake holds."""
        if request.method == "GET":
            return _body_in_query(request), 0
        try:
            body, held = await self._intake.receive(receive, request.headers)
        except BodyError as error:
            raise gate.refused_body(error) from None
        return body, held

    async def _examine(self, request: Request, body: bytes) -> Submission:
        if not body:
            raise Refused(Outcome.INVALID, "empty body", reason="body")
        examine = (
            gate.examine_envelope if request.holds_envelope else gate.examine_store
        )
        try:
            return examine(body, request.encoding, self._inline_limits)
        except Refused as refusal:
            if refusal.outcome is not Outcome.TOO_LARGE:
                raise
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, examine, body, request.encoding, self._limits
        )

    async def _append(
        self, entry: Entry, key: KeyInfo, submission: Submission
    ) -> Answer:
        """Appends the request, or of a limited one what the limit is not about."""
        append = self._appender.append
        try:
            if submission.has_event:
                await append(entry, key.limits, is_event=True)
            else:
                await append(entry)
            return answers.accepted(entry.event_id)
        except StreamUnavailable as error:
            raise _overloaded(error, submission) from None
        except RateLimited as error:
            limited = error
        rest = gate.without_events(submission)
        if rest.body is None:
            raise _limited(limited, submission)
        remainder = msgspec.structs.replace(entry, body=rest.body, encoding="")
        try:
            await append(remainder)
        except StreamUnavailable as error:
            raise _overloaded(error, submission) from None
        self._refusals.add_all(
            key, rest.removed, Outcome.RATE_LIMITED, limited.reason, entry.event_id
        )
        told = answers.rate_limits(limited.reason, limited.retry_after_s)
        return answers.accepted(entry.event_id, told)

    def _refuse(self, refusal: Refused, key: KeyInfo | None) -> Answer:
        count_request(refusal.outcome)
        if key is not None:
            self._refusals.add_all(
                key, refusal.counts, refusal.outcome, refusal.reason, refusal.event_id
            )
        return answers.refused(refusal)


def _check_route(request: Request) -> None:
    methods = METHODS.get(request.endpoint)
    if methods is None:
        raise Refused(Outcome.UNROUTED, "no such endpoint")
    if request.method not in methods:
        allowed = ", ".join((*methods, "OPTIONS"))
        text = f"method {request.method} not allowed, expected {allowed}"
        headers = [(b"allow", allowed.encode())]
        raise Refused(Outcome.UNROUTED, text, status=405, headers=headers)


def _sender(request: Request) -> Credentials | None:
    """What the request itself says; None leaves it to the envelope."""
    try:
        found = credentials(request.headers, request.query_string)
    except AuthError as error:
        raise Refused(Outcome.INVALID, str(error), reason="auth") from None
    if found is None and not request.holds_envelope:
        raise Refused(Outcome.UNAUTHENTICATED, gate.NO_CREDENTIALS)
    return found


def _body_in_query(request: Request) -> bytes:
    """The event that the oldest browser SDK sends as an image's address."""
    fields = parse_qs(request.query_string.decode("latin-1"))
    return fields.get("sentry_data", [""])[0].encode(errors="replace")


def _entry(
    request: Request, key: KeyInfo, submission: Submission, body: bytes, client: str
) -> Entry:
    return Entry(
        project_id=key.project_id,
        key_id=key.key_id,
        received_at=datetime.now(UTC),
        kind="envelope" if submission.envelope is not None else "store",
        encoding=request.encoding,
        event_id=submission.event_id,
        client=client,
        remote_ip=request.remote_ip,
        user_agent=request.user_agent,
        body=body,
    )


def _limited(limited: RateLimited, submission: Submission) -> Refused:
    wait_s = limited.retry_after_s
    return gate.refused_whole(
        submission,
        Outcome.RATE_LIMITED,
        str(limited),
        reason=limited.reason,
        headers=[
            answers.retry_after(wait_s),
            answers.rate_limits(limited.reason, wait_s),
        ],
    )


def _overloaded(error: StreamUnavailable, submission: Submission) -> Refused:
    return gate.refused_whole(
        submission,
        Outcome.OVERLOADED,
        str(error),
        reason="stream",
        headers=[answers.retry_after(error.retry_after_s)],
    )
