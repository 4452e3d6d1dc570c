"""The mail server that the environment names in one address."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from errtrack.env import BadSetting

# Plain, STARTTLS and TLS from the first byte, each with its usual port.
_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    user: str
    password: str
    has_starttls: bool
    has_tls: bool


def server(raw: str) -> MailServer | None:
    """ERRTRACK_MAIL_URL: `smtp+tls://user:password@host:587`; None where it is empty.

    `smtp+tls` asks for STARTTLS, `smtps` speaks TLS from the start, `smtp` is plain.
    Raises BadSetting.
    """
    if not raw:
        return None
    try:
        parts = urlsplit(raw)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query:
        # The value itself may hold a password.
        expected = "smtp+tls://user:password@host:587, smtps://… or smtp://…"
        raise BadSetting(f"ERRTRACK_MAIL_URL: expected {expected}")
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        has_starttls=parts.scheme == "smtp+tls",
        has_tls=parts.scheme == "smtps",
    )


def sender(raw: str, public_url: str) -> str:
    """ERRTRACK_MAIL_FROM: a mail address, with or without a name before it.

    Where it is empty: errtrack at the public address. Raises BadSetting.
    """
    raw = raw or f"errtrack@{_domain(public_url)}"
    _, address = parseaddr(raw)
    person, at, domain = address.rpartition("@")
    if not (person and at and domain) or not raw.isprintable():
        expected = "an address such as errtrack@example.com"
        raise BadSetting(f"ERRTRACK_MAIL_FROM: expected {expected}, got {raw!r}")
    return raw


def _domain(public_url: str) -> str:
    host = urlsplit(public_url).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return host
    return "localhost"
