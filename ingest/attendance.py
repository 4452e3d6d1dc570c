"""When the service could be reached, and up to when it knows what was sent to it.

Web processes give signs of life. A longer silence between two signs, of all of them,
is a gap: what clients sent in it may be lost. Monitors ask, so that nobody is told of
a job that did not report while it could not.

Redis keys:
    errtrack:attendance:seen   string, Unix time of the last sign, kept forever
    errtrack:attendance:gaps   list of "start end" (Unix times), newest last, the last
                               GAPS_MAX of them
    errtrack:attendance:held   string, since when (Unix time) some web process keeps
                               requests that the stream does not have yet; as long as
                               its signs say so
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from django.conf import settings

from ingest import spoolfolder
from ingest.stream import ShardStream
from monitors.detection import Gap
from projects import valkey

SEEN = "errtrack:attendance:seen"
GAPS = "errtrack:attendance:gaps"
HELD = "errtrack:attendance:held"

SIGN_EVERY_S = 5.0
# Restarting the web process takes less.
SILENCE_MAX_S = 15.0
GAPS_MAX = 1000
# A request that was received before this is in the stream.
ON_THE_WAY = timedelta(seconds=5)

_log = logging.getLogger(__name__)

# KEYS: seen, gaps, held. ARGV: now, longest silence, most gaps, since when requests
# are kept (0: none is), seconds that this holds for. Where there was never a sign
# nothing is known of the past.
_SIGN = """
local seen = tonumber(redis.call('GET', KEYS[1]) or '0')
local now = tonumber(ARGV[1])
if now - seen > tonumber(ARGV[2]) then
  redis.call('RPUSH', KEYS[2], string.format('%.3f %.3f', seen, now))
  redis.call('LTRIM', KEYS[2], -tonumber(ARGV[3]), -1)
end
if now > seen then
  redis.call('SET', KEYS[1], ARGV[1])
end
local since = tonumber(ARGV[4])
if since > 0 then
  local held = tonumber(redis.call('GET', KEYS[3]) or ARGV[4])
  redis.call('SET', KEYS[3], held < since and held or ARGV[4], 'EX', ARGV[5])
end
"""


@dataclass(frozen=True, slots=True)
class Horizon:
    """Everything sent before `until` is known, but for what was sent in a gap."""

    until: datetime
    gaps: list[Gap]


def sign(now: float, *, held_since: float = 0.0) -> None:
    """Gives a sign of life, at this Unix time. Raises redis.RedisError.

    `held_since`: since when (Unix time) requests are kept on this machine that have
    still to be appended to the stream.
    """
    arguments = [f"{now:.3f}", SILENCE_MAX_S, GAPS_MAX]
    arguments += [f"{held_since:.3f}", int(SILENCE_MAX_S)]
    client: Any = valkey.blocking()
    client.eval(_SIGN, 3, SEEN, GAPS, HELD, *arguments)


def start() -> None:
    """Gives signs from a thread, as long as the web process lives."""
    threading.Thread(target=_sign_forever, name="attendance", daemon=True).start()


def horizon(shard: int, now: datetime) -> Horizon:
    """How far the shard's digest has come. Raises redis.RedisError.

    To be asked under the shard's lock, while which nothing is digested.
    """
    client: Any = valkey.blocking()
    held, gaps = client.get(HELD), client.lrange(GAPS, 0, -1)
    limits = [now - ON_THE_WAY, _moment(client.get(SEEN) or b"0")]
    if held is not None:
        limits.append(_moment(held))
    waiting_since = ShardStream(shard).oldest_received_at()
    if waiting_since is not None:
        limits.append(waiting_since)
    return Horizon(min(limits), [_gap(text) for text in gaps])


def _gap(text: bytes) -> Gap:
    start, end = text.split()
    return Gap(_moment(start), _moment(end))


def _moment(seconds: bytes) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _sign_forever() -> None:
    while True:
        try:
            held_since = spoolfolder.survey(settings.SPOOL_DIR).since
            sign(time.time(), held_since=held_since)
        except (redis.RedisError, OSError) as error:
            _log.debug("no sign of life: %s", error)
        time.sleep(SIGN_EVERY_S)
