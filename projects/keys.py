"""Project keys as the edge needs them, and their mirror in Valkey.

Redis keys:
    errtrack:key:<public key>   string, JSON of KeyInfo, `null` for a key that is
                                gone; an hour, so that the edge can tell keys while
                                PostgreSQL is away
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import redis
from django.db.models import QuerySet

from projects import valkey
from projects.limits import FIELDS, Limit, limits_of
from projects.models import ProjectKey

MIRROR_S = 3600
_REFRESHED_AT_ONCE = 1000

logger = logging.getLogger(__name__)
_PUBLIC_KEY = re.compile(r"[0-9a-f]{32}")


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a project key allows; `limits` are those that are set."""

    key_id: int
    public_key: str
    project_id: int
    is_active: bool
    limits: tuple[Limit, ...]


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[KeyInfo | None] = msgspec.json.Decoder(KeyInfo | None)


def load_key(public_key: str) -> KeyInfo | None:
    """The key as PostgreSQL has it. Raises django.db.Error when that is away."""
    if not _PUBLIC_KEY.fullmatch(public_key):
        return None
    known = _load(ProjectKey.objects.filter(public_key=public_key))
    return known.get(public_key)


def publish_key(public_key: str) -> None:
    """Rewrites the mirror of a key that was made, changed or deleted.

    To be called after the commit. The edges follow within two seconds. While Valkey
    is away they keep what they know, and the failure is logged.
    """
    _publish({public_key: load_key(public_key)})


def publish_keys(keys: QuerySet[ProjectKey]) -> None:
    """The same for keys whose project or organization was changed."""
    _publish(_load(keys))


# KEYS: mirror. ARGV: what it was, what it is to be, its lifetime.
_REPLACE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
"""


def refresh_mirrors() -> int:
    """Puts right what mirrors say wrongly, and gives how many did.

    They are rewritten at each change of a key. This is for what did not arrive: while
    Valkey was away, or because it forgot. Raises redis.RedisError, django.db.Error.
    """
    client = valkey.blocking()
    replace = client.register_script(_REPLACE)
    names = sorted(client.scan_iter(mirror_name("*"), count=_REFRESHED_AT_ONCE))
    wrong = 0
    for at in range(0, len(names), _REFRESHED_AT_ONCE):
        some = names[at : at + _REFRESHED_AT_ONCE]
        for name, was, should_be in _wrong_mirrors(client, some):
            # Unless somebody who knows better has just rewritten it.
            replace(keys=[name], args=[was, should_be, MIRROR_S])
            wrong += 1
    return wrong


def _wrong_mirrors(
    client: redis.Redis, names: Sequence[bytes]
) -> list[tuple[bytes, bytes, bytes]]:
    """Name, content and what it should be, of mirrors that differ from PostgreSQL."""
    found = cast("list[bytes | None]", client.mget(names))
    prefix = len(mirror_name(""))
    publics = [name[prefix:].decode() for name in names]
    known = _load(ProjectKey.objects.filter(public_key__in=publics))
    return [
        (name, was, should_be)
        for name, was, public_key in zip(names, found, publics, strict=True)
        if was is not None
        and was != (should_be := encode_mirror(known.get(public_key)))
    ]


def _load(keys: QuerySet[ProjectKey]) -> dict[str, KeyInfo]:
    rows = keys.values("public_key", "is_active", *FIELDS)
    return {row["public_key"]: _key_info(row) for row in rows}


def _key_info(row: dict[str, Any]) -> KeyInfo:
    return KeyInfo(
        key_id=row["id"],
        public_key=row["public_key"],
        project_id=row["project_id"],
        is_active=row["is_active"],
        limits=limits_of(row),
    )


def _publish(infos: Mapping[str, KeyInfo | None]) -> None:
    pipe = valkey.blocking().pipeline(transaction=False)
    for public_key, info in infos.items():
        pipe.set(mirror_name(public_key), encode_mirror(info), ex=MIRROR_S)
    try:
        pipe.execute()
    except redis.RedisError:
        logger.exception("the edge was not told of a changed project key")


def mirror_name(public_key: str) -> str:
    return f"errtrack:key:{public_key}"


def encode_mirror(info: KeyInfo | None) -> bytes:
    return _encoder.encode(info)


def decode_mirror(value: bytes) -> KeyInfo | None:
    """Raises msgspec.DecodeError for what another version has written."""
    return _decoder.decode(value)
