"""The address on which the service listens."""

import errno
import http.client
import socket
from contextlib import suppress

from errtrack.errors import OperatorError

BACKLOG = 2048
_PROBE_TIMEOUT_S = 5.0
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def parse(bind: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPv6]:PORT`."""
    host, colon, port = bind.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise OperatorError(f"Expected an address like 127.0.0.1:8000, got {bind!r}.")
    return host.removeprefix("[").removesuffix("]"), int(port)


def listen(bind: str) -> socket.socket:
    """A socket that listens on `bind`; raises OperatorError when that cannot be."""
    host, port = parse(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(
                f"{bind} is in use: stop what listens there, or choose another "
                "address with --bind."
            ) from None
        raise OperatorError(f"Cannot listen on {bind}: {error.strerror}.") from None


def name(listener: socket.socket) -> str:
    """The listener's address as `HOST:PORT`, with the port that the kernel chose."""
    host, port = listener.getsockname()[:2]
    return _join(host, port)


def reachable(bind: str) -> str:
    """The address under which this machine reaches what listens on `bind`."""
    host, port = parse(bind)
    return _join(_ANY_HOST.get(host, host), port)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_serving(bind: str) -> bool:
    """Whether a web process answers behind the address."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(
            reachable(bind), timeout=_PROBE_TIMEOUT_S
        )
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == http.client.OK
        finally:
            connection.close()
    return False
