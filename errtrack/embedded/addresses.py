"""Where the private servers of a data folder listen."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import quote

DATABASE_NAME = "errtrack"
DATABASE_USER = "errtrack"
VALKEY_SOCKET = "valkey.sock"

# A Unix socket's path holds 107 bytes on Linux and 103 on macOS; PostgreSQL
# adds "/.s.PGSQL.5432.lock" to its folder.
_LONGEST_FOLDER_BYTES = 103 - len("/.s.PGSQL.5432.lock")


def socket_folder(data: Path) -> Path:
    """The folder of both sockets: in the data folder unless that path is too long."""
    inside = data.resolve() / "run"
    if len(str(inside).encode()) <= _LONGEST_FOLDER_BYTES:
        return inside
    digest = hashlib.sha256(str(inside).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"errtrack-{digest}"


def database_url(data: Path) -> str:
    """The private PostgreSQL's address, as DATABASE_URL takes it."""
    folder = quote(str(socket_folder(data)), safe="")
    return f"postgres://{DATABASE_USER}@/{DATABASE_NAME}?host={folder}"


def redis_url(data: Path) -> str:
    """The private Valkey's address, as REDIS_URL takes it."""
    return f"unix://{quote(str(socket_folder(data) / VALKEY_SOCKET))}?db=0"
