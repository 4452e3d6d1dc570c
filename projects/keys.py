"""Project keys as the edge needs them, and their mirror in Valkey.

Redis keys:
    errtrack:key:<public key>   string, JSON of KeyInfo, `null` for a key that is
                                gone; an hour, so that the edge can tell keys while
                                PostgreSQL is away
"""

from __future__ import annotations

import logging
import re

import msgspec
import redis

from projects import valkey
from projects.models import ProjectKey

MIRROR_S = 3600

logger = logging.getLogger(__name__)
_PUBLIC_KEY = re.compile(r"[0-9a-f]{32}")


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a project key allows; a limit of 0 events is no limit."""

    key_id: int
    public_key: str
    project_id: int
    is_active: bool
    rate_limit_count: int
    rate_limit_window_s: int


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[KeyInfo | None] = msgspec.json.Decoder(KeyInfo | None)


def load_key(public_key: str) -> KeyInfo | None:
    """The key as PostgreSQL has it. Raises django.db.Error when that is away."""
    if not _PUBLIC_KEY.fullmatch(public_key):
        return None
    fields = tuple(field for field in KeyInfo.__struct_fields__ if field != "key_id")
    row = ProjectKey.objects.filter(public_key=public_key).values("id", *fields).first()
    if row is None:
        return None
    return KeyInfo(key_id=row["id"], **{field: row[field] for field in fields})


def publish_key(public_key: str) -> None:
    """Rewrites the mirror of a key that was made, changed or deleted.

    To be called after the commit. The edges follow within two seconds. While Valkey
    is away they keep what they know, and the failure is logged.
    """
    value = encode_mirror(load_key(public_key))
    try:
        valkey.blocking().set(mirror_name(public_key), value, ex=MIRROR_S)
    except redis.RedisError:
        logger.exception("the edge was not told of a changed project key")


def mirror_name(public_key: str) -> str:
    return f"errtrack:key:{public_key}"


def encode_mirror(info: KeyInfo | None) -> bytes:
    return _encoder.encode(info)


def decode_mirror(value: bytes) -> KeyInfo | None:
    """Raises msgspec.DecodeError for what another version has written."""
    return _decoder.decode(value)
