"""The door of the pipeline: takes a request in, appends it to the stream, answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from django.conf import settings

from ingest import answers, gate
from ingest.answers import Answer, Refused, Send
from ingest.append import Appender, RateLimited, StreamUnavailable
from ingest.auth import AuthError, Credentials, credentials
from ingest.body import BodyError
from ingest.counting import Refusals, count_request
from ingest.endpoints import SPECIALS, Special
from ingest.endpoints.posted import Converted, Parcel, Posted
from ingest.envelope import write_envelope
from ingest.gate import QUICK_ODD_BYTES, Submission, TakesLong
from ingest.intake import Intake, Receive
from ingest.keyring import Keyring, KeysUnavailable
from ingest.outcomes import UNKNOWN, Outcome
from ingest.request import Request, open_request
from ingest.routes import METHODS, Endpoint, Route, find_route
from ingest.sizes import Limits
from ingest.stream import Entry
from ingest.valkey import Valkey
from projects.keys import KeyInfo, load_key

T = TypeVar("T")

# Requests that may wait for the thread that looks at what takes long.
MAX_ASIDE = 32


class Edge:
    """The ASGI callable for the paths of the ingest protocol.

    It connects when there is need, and serves one event loop.
    """

    def __init__(self, load: Callable[[str], KeyInfo | None] = load_key) -> None:
        self._valkey = Valkey(settings.REDIS_URL)
        self._keyring = Keyring(self._valkey, settings.SPOOL_DIR / "keys", load)
        self._appender = Appender(self._valkey)
        self._refusals = Refusals(self._valkey)
        self.intake = Intake(settings.MAX_REQUEST_BYTES)
        self._limits = Limits(settings.MAX_ENVELOPE_BYTES, settings.MAX_EVENT_BYTES)
        # One: of what takes long only one at a time takes memory and a core.
        self._thread = ThreadPoolExecutor(1, "aside")
        self._aside_count = 0

    async def __call__(
        self, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        route = find_route(scope["path"]) or Route(Endpoint.UNKNOWN, None)
        trusted = settings.TRUSTED_PROXIES
        request = open_request(scope, route, trusted_proxies=trusted)
        answer = await self._answer(request, receive)
        await answer.send(send, is_head=request.method == "HEAD")

    def start(self) -> None:
        """Goes on with what processes before have kept in the spool."""
        self._appender.start()

    async def close(self) -> None:
        await self._appender.close()
        await self._valkey.close()
        self._keyring.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        if request.method == "OPTIONS":
            return answers.PREFLIGHT
        received = Received()
        try:
            _check_route(request)
            special = SPECIALS.get(request.route.endpoint)
            if special is None:
                answer = await self._take(request, receive, received)
            else:
                answer = await self._take_special(special, request, receive, received)
        except Refused as error:
            # Without the frames that it came through, which hold the body.
            refusal = error.with_traceback(None)
            refusal.__context__ = None
        else:
            count_request(Outcome.ACCEPTED)
            return answer
        finally:
            self.intake.release(received.held)
        if not received.is_whole:
            await self.intake.discard(receive, request.headers)
        return self._refuse(refusal, received.key)

    async def _take(
        self, request: Request, receive: Receive, received: Received
    ) -> Answer:
        """Takes an envelope, or an event alone."""
        sender = _sender(request)
        project_id = request.route.project_id
        if sender is not None:
            received.key = await self._find_key(sender.public_key, project_id)
        body = await self._body_of(request, receive, received)
        submission = await self._examine(request, body)
        key = received.key
        if key is None:
            dsn = gate.destination(submission)
            key = received.key = await self._find_key(dsn.public_key, project_id)
        gate.check_destination(submission, key)
        client = sender.client if sender is not None else ""
        encoding = request.encoding
        if submission.envelope is not None and not request.holds_envelope:
            envelope = submission.envelope
            body = write_envelope(envelope.headers, envelope.items)
            encoding = ""
        entry = _entry(request, key, submission, client, body, encoding)
        answer = await self._append(entry, key, submission)
        return answers.IMAGE if request.method == "GET" else answer

    async def _take_special(
        self,
        special: Special,
        request: Request,
        receive: Receive,
        received: Received,
    ) -> Answer:
        """Takes what other endpoints are sent, as the envelopes that it makes."""
        sender = _sender(request)
        if sender is None:
            raise Refused(Outcome.UNAUTHENTICATED, gate.NO_CREDENTIALS)
        key = await self._find_key(sender.public_key, request.route.project_id)
        received.key = key
        _check_media_type(request, special)
        converted = await self._convert(special, request, receive, received)
        for count in converted.counts:
            counts = {count.category: count.quantity}
            self._refusals.add_all(key, counts, count.outcome, count.reason)
        refusals = [
            refusal
            for parcel in converted.parcels
            if (refusal := await self._append_parcel(parcel, request, key, sender))
        ]
        if refusals and len(refusals) == len(converted.parcels):
            last = refusals.pop()
            if special.tells_limits or last.outcome is not Outcome.RATE_LIMITED:
                self._count(refusals, key)
                raise last
            refusals.append(last)
        self._count(refusals, key)
        return special.answer(converted.event_id)

    async def _convert(
        self,
        special: Special,
        request: Request,
        receive: Receive,
        received: Received,
    ) -> Converted:
        """What the request is made into; its body is let go."""
        body = b""
        if request.method != "GET":
            body = await self._body_of(request, receive, received)
        if special.needs_body and not body:
            raise _empty_body()
        posted = Posted(
            argument=request.route.argument,
            query_string=request.query_string,
            media_type=request.media_type,
            content_type=request.content_type,
            encoding=request.encoding,
            body=body,
            limits=self._limits,
        )
        if len(body) <= QUICK_ODD_BYTES and not request.encoding:
            return special.convert(posted)
        converted = await self._aside(special.convert, posted)
        made = sum(len(parcel.body) for parcel in converted.parcels)
        received.held = self.intake.replace(received.held, made)
        return converted

    async def _append_parcel(
        self, parcel: Parcel, request: Request, key: KeyInfo, sender: Credentials
    ) -> Refused | None:
        """None once it is appended, else why it is not."""
        submission, body, encoding = parcel
        entry = _entry(request, key, submission, sender.client, body, encoding)
        try:
            await self._append(entry, key, submission)
        except Refused as refusal:
            return refusal
        return None

    async def _find_key(self, public_key: str, project_id: int | None) -> KeyInfo:
        try:
            key = await self._keyring.find(public_key)
        except KeysUnavailable as error:
            headers = [answers.retry_after(gate.RETRY_AFTER_S)]
            raise Refused(Outcome.OVERLOADED, str(error), headers=headers) from None
        if key is None:
            raise Refused(Outcome.REJECTED, "unknown sentry_key")
        if project_id not in (None, key.project_id):
            raise Refused(Outcome.REJECTED, "the sentry_key is of another project")
        if not key.is_active:
            self._refusals.add_all(key, {UNKNOWN: 1}, Outcome.REJECTED, "disabled_key")
            raise Refused(Outcome.REJECTED, "the sentry_key is disabled")
        return key

    async def _body_of(
        self, request: Request, receive: Receive, received: Received
    ) -> bytes:
        """The body as it came; `received` notes how much of it the intake holds."""
        if request.method == "GET":
            received.is_whole = True
            return _body_in_query(request)
        try:
            body, held = await self.intake.receive(receive, request.headers)
        except BodyError as error:
            raise gate.refused(error) from None
        received.is_whole, received.held = True, held
        return body

    async def _examine(self, request: Request, body: bytes) -> Submission:
        if not body:
            raise _empty_body()
        if request.holds_envelope:
            examine, survey = gate.examine_envelope, gate.survey_envelope
        else:
            examine, survey = gate.examine_store, gate.survey_store
        try:
            return examine(body, request.encoding, self._limits)
        except TakesLong:
            return await self._aside(survey, body, request.encoding, self._limits)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Does in a thread what other requests shall not wait for."""
        if self._aside_count >= MAX_ASIDE:
            headers = [answers.retry_after(gate.RETRY_AFTER_S)]
            text = "too many large requests at once"
            raise Refused(Outcome.OVERLOADED, text, reason="aside", headers=headers)
        self._aside_count += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, work, *arguments)
        finally:
            self._aside_count -= 1

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
            self._count([refusal], key)
        return answers.refused(refusal)

    def _count(self, refusals: Iterable[Refused], key: KeyInfo) -> None:
        for one in refusals:
            self._refusals.add_all(
                key, one.counts, one.outcome, one.reason, one.event_id
            )


class Received:
    """What is known of a request when it is refused."""

    __slots__ = ("held", "is_whole", "key")

    def __init__(self) -> None:
        self.key: KeyInfo | None = None
        # Of the body: whether all of it was read, and what the intake holds of it.
        self.is_whole = False
        self.held = 0


def _check_route(request: Request) -> None:
    if request.route.endpoint is Endpoint.UNKNOWN:
        raise Refused(Outcome.UNROUTED, "no such endpoint")
    methods = METHODS[request.route.endpoint]
    if request.method not in methods:
        allowed = ", ".join((*methods, "OPTIONS"))
        text = f"method {request.method} not allowed, expected {allowed}"
        headers = [(b"allow", allowed.encode())]
        raise Refused(Outcome.UNROUTED, text, status=405, headers=headers)


def _sender(request: Request) -> Credentials | None:
    """What the request itself says; None leaves it to the envelope."""
    try:
        found = credentials(request.headers, request.query_string, request.route.key)
    except AuthError as error:
        raise Refused(Outcome.INVALID, str(error), reason="auth") from None
    if found is None and not request.holds_envelope:
        raise Refused(Outcome.UNAUTHENTICATED, gate.NO_CREDENTIALS)
    return found


def _check_media_type(request: Request, special: Special) -> None:
    told = request.media_type
    if not told or not special.media_types or told in special.media_types:
        return
    expected = ", ".join(sorted(special.media_types))
    text = f"media type {told[:100]} not supported, expected {expected}"
    raise Refused(Outcome.INVALID, text, reason="media_type", status=415)


def _empty_body() -> Refused:
    return Refused(Outcome.INVALID, "empty body", reason="body")


def _body_in_query(request: Request) -> bytes:
    """The event that the oldest browser SDK sends as an image's address."""
    fields = parse_qs(request.query_string.decode("latin-1"))
    return fields.get("sentry_data", [""])[0].encode(errors="replace")


def _entry(
    request: Request,
    key: KeyInfo,
    submission: Submission,
    client: str,
    body: bytes,
    encoding: str,
) -> Entry:
    return Entry(
        project_id=key.project_id,
        key_id=key.key_id,
        received_at=datetime.now(UTC),
        kind=submission.kind,
        encoding=encoding,
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
