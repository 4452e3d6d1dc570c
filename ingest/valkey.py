"""One pipelined asyncio connection to Valkey, shared by every request of a process.

Many requests have their calls under way at once; replies come back in the order of
the calls. The connection is made by the first call that needs it, and made anew,
with growing pauses, by the calls after it was lost.
"""

import asyncio
import hashlib
import logging
import ssl
from collections import deque
from typing import Any, NamedTuple, cast

import hiredis
from redis.connection import SSLConnection, parse_url

CONNECT_DEADLINE_S = 1.0
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
# What waits for an answer is held twice: by its request, and by the transport.
MAX_WAITING_BYTES = 32 * 2**20
MAX_WAITING_TO_CONNECT = 1000

_log = logging.getLogger(__name__)


class Large(NamedTuple):
    """An argument too large to be copied on its way; the packer doesn't know it."""

    data: bytes


Argument = bytes | str | int | Large
_MORE = object()


class ValkeyError(Exception):
    """A call to Valkey brought no result."""


class ValkeyUnavailable(ValkeyError):
    """Valkey is away; the call was not carried out."""


class ValkeyLost(ValkeyUnavailable):
    """Valkey went away before it answered: the call may have been carried out."""


class ValkeyReplyError(ValkeyError):
    """Valkey answered with an error."""

    @property
    def is_refusal(self) -> bool:
        """Whether it says that Valkey takes nothing now, so that nothing was done."""
        return str(self).partition(" ")[0] in _REFUSALS


# Full, a replica, not loaded yet, without a disk, without enough replicas, busy with
# another script, without its primary or part of the cluster, and without our password.
_REFUSALS = frozenset(
    {
        "OOM",
        "READONLY",
        "LOADING",
        "MISCONF",
        "NOREPLICAS",
        "BUSY",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "TRYAGAIN",
        "NOAUTH",
        "NOPERM",
    }
)


class Script:
    """A Lua script, called by its hash."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _packed_apart(command: tuple[Argument, ...]) -> tuple[bytes, ...]:
    """The command in pieces, of which the large ones are those that were given."""
    pieces = [b"*%d\r\n" % len(command)]
    for argument in command:
        data = argument.data if isinstance(argument, Large) else argument
        if not isinstance(data, bytes):
            data = str(data).encode()
        pieces += [b"$%d\r\n" % len(data), data, b"\r\n"]
    return tuple(pieces)


class _Call(NamedTuple):
    future: asyncio.Future[Any] | None
    size: int
    deadline: float


class _Link(asyncio.Protocol):
    """One life of the connection, from its handshake to its loss."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deadline_s: float) -> None:
        self.is_alive = True
        self.waiting_bytes = 0
        self._loop = loop
        self._deadline_s = deadline_s
        self._waiting: deque[_Call] = deque()
        self._reader = hiredis.Reader(replyError=ValkeyReplyError, notEnoughData=_MORE)
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=2**20)

    def send(
        self, command: tuple[Argument, ...], future: asyncio.Future[Any] | None
    ) -> None:
        packed = b""
        apart: tuple[bytes, ...] = ()
        try:
            # Its stub knows tuples of one argument only.
            packed = hiredis.pack_command(command)  # type: ignore[arg-type]
            size = len(packed)
        except TypeError:
            apart = _packed_apart(command)
            size = sum(map(len, apart))
        if self._transport is None or not self.is_alive:
            raise ValkeyUnavailable("the connection to Valkey was lost")
        if self.waiting_bytes + size > MAX_WAITING_BYTES and self._waiting:
            raise ValkeyUnavailable("too much is waiting for Valkey's answers")
        if apart:
            self._transport.writelines(apart)
        else:
            self._transport.write(packed)
        self.waiting_bytes += size
        deadline = self._loop.time() + self._deadline_s
        self._waiting.append(_Call(future, size, deadline))
        if self._watch is None:
            self._watch = self._loop.call_at(deadline, self._check_oldest)

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    async def call(self, command: tuple[Argument, ...]) -> Any:
        future: asyncio.Future[Any] = self._loop.create_future()
        self.send(command, future)
        return await future

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _MORE:
                self._hand_out(reply)
        except (hiredis.ProtocolError, IndexError):
            self.drop(ValkeyUnavailable("Valkey sent what cannot be understood"))

    def _hand_out(self, reply: Any) -> None:
        future, size, _deadline = self._waiting.popleft()
        self.waiting_bytes -= size
        if future is None or future.done():
            return
        if isinstance(reply, ValkeyReplyError):
            future.set_exception(reply)
        else:
            future.set_result(reply)

    def _check_oldest(self) -> None:
        """Drops a connection whose oldest call is late: all behind it are, too."""
        self._watch = None
        if not self._waiting:
            return
        deadline = self._waiting[0].deadline
        if deadline <= self._loop.time():
            self.drop(ValkeyUnavailable(f"no answer within {self._deadline_s} s"))
            return
        self._watch = self._loop.call_at(deadline, self._check_oldest)

    def connection_lost(self, exc: Exception | None) -> None:
        self.drop(ValkeyUnavailable(f"the connection to Valkey was lost: {exc}"))

    def drop(self, reason: ValkeyUnavailable) -> None:
        """Ends this life; every call under way fails with `reason`."""
        if not self.is_alive:
            return
        self.is_alive = False
        if self._waiting:
            _log.warning("%s; calls under way: %d", reason, len(self._waiting))
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        waiting, self._waiting = self._waiting, deque()
        self.waiting_bytes = 0
        for call in waiting:
            if call.future is not None and not call.future.done():
                call.future.set_exception(ValkeyLost(*reason.args))


class Valkey:
    """Valkey at `url` (redis://, rediss:// or unix://, as redis-py writes them)."""

    def __init__(self, url: str, *, deadline_s: float = 3.0) -> None:
        self._options: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
        self._deadline_s = deadline_s
        self._link: _Link | None = None
        self._attempt: asyncio.Task[_Link] | None = None
        self._waiting_to_connect = 0
        self._pause_s = 0.0
        self._pause_until = 0.0

    @property
    def is_away(self) -> bool:
        """Whether the connection was lost, or could not be made, and none is yet."""
        link = self._link
        return self._pause_s > 0 if link is None else not link.is_alive

    def renew(self) -> None:
        """Lets the next call connect anew, unless answers are being waited for.

        After a failover the old connection leads to what is a replica now.
        """
        if self._link is not None and not self._link.is_waiting:
            self._link.drop(ValkeyUnavailable("connecting to Valkey anew"))

    async def call(self, *command: Argument) -> Any:
        """The reply to one command. Raises ValkeyUnavailable, ValkeyReplyError."""
        link = self._link
        if link is None or not link.is_alive:
            link = await self._connected()
        return await link.call(command)

    async def run(self, script: Script, *keys_and_args: Argument, keys: int) -> Any:
        """The reply of a script, of whose arguments the first `keys` are keys."""
        try:
            return await self.call("EVALSHA", script.sha, keys, *keys_and_args)
        except ValkeyReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await self.call("EVAL", script.text, keys, *keys_and_args)

    def tell(self, *command: Argument) -> None:
        """Sends a command whose reply nobody reads. Raises ValkeyUnavailable."""
        if self._link is None:
            raise ValkeyUnavailable("not connected to Valkey")
        self._link.send(command, None)

    async def close(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
        if self._link is not None:
            self._link.drop(ValkeyUnavailable("closed"))
            self._link = None
            # The transport lets its socket go in the loop's next round.
            await asyncio.sleep(0)

    async def _connected(self) -> _Link:
        """A live connection, by one attempt for all who wait for it."""
        attempt = self._attempt
        if attempt is None:
            loop = asyncio.get_running_loop()
            if loop.time() < self._pause_until:
                raise ValkeyUnavailable("Valkey could not be reached just now")
            attempt = self._attempt = loop.create_task(self._connect(loop))
        if self._waiting_to_connect >= MAX_WAITING_TO_CONNECT:
            raise ValkeyUnavailable("too many calls wait for a connection to Valkey")
        self._waiting_to_connect += 1
        try:
            return await asyncio.shield(attempt)
        finally:
            self._waiting_to_connect -= 1

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> _Link:
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                self._link = await self._open(loop)
        except (OSError, TimeoutError, ValkeyError) as error:
            self._pause_s = min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S)
            self._pause_until = loop.time() + self._pause_s
            _log.warning("cannot reach Valkey: %s", error)
            raise ValkeyUnavailable(f"cannot reach Valkey: {error}") from error
        finally:
            self._attempt = None
        self._pause_s = 0.0
        return self._link

    async def _open(self, loop: asyncio.AbstractEventLoop) -> _Link:
        options = self._options
        link = _Link(loop, self._deadline_s)

        def same_link() -> _Link:
            return link

        if "path" in options:
            await loop.create_unix_connection(same_link, options["path"])
        else:
            await loop.create_connection(
                same_link,
                options.get("host", "localhost"),
                options.get("port", 6379),
                ssl=_tls(options),
            )
        try:
            await self._introduce(link)
        except BaseException:
            link.drop(ValkeyUnavailable("the connection to Valkey was not made"))
            raise
        return link

    async def _introduce(self, link: _Link) -> None:
        options = self._options
        if password := options.get("password"):
            username = options.get("username") or "default"
            await link.call(("AUTH", username, password))
        if db := options.get("db"):
            await link.call(("SELECT", db))
        # A server that hangs takes connections, too, and one that loads its log.
        await link.call(("PING",))


def _tls(options: dict[str, Any]) -> ssl.SSLContext | None:
    """The TLS side of a rediss:// address, by redis-py's names of the options."""
    if options.get("connection_class") is not SSLConnection:
        return None
    context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
    if certificate := options.get("ssl_certfile"):
        context.load_cert_chain(certificate, options.get("ssl_keyfile"))
    if options.get("ssl_cert_reqs") == "none":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
