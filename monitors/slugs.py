"""The slug of a monitor, out of whatever a client calls it."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

SLUG_CHARS = 50

_DIGEST_BYTES = 3
_DIGEST_CHARS = 2 * _DIGEST_BYTES
_OTHERS = re.compile(r"[^a-z0-9_]+")


def slug_of(name: str) -> str:
    """Lower-case letters, digits, dashes and underscores; empty for a blank name.

    Letters that have no like among these leave a digest of the name, so that names
    that differ only in them do not become one.

    >>> slug_of("Nightly Import"), slug_of("Säubern"), slug_of("备份")
    ('nightly-import', 'saubern', 'f79381')
    """
    plain = unicodedata.normalize("NFKD", name.strip().lower())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    slug = _OTHERS.sub("-", bare).strip("-")
    if any(char.isalnum() and not char.isascii() for char in bare):
        digest = blake2b(name.strip().encode(), digest_size=_DIGEST_BYTES).hexdigest()
        slug = f"{slug[: SLUG_CHARS - _DIGEST_CHARS - 1]}-{digest}".strip("-")
    return slug[:SLUG_CHARS].strip("-")
