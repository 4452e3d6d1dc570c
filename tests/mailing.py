"""A real mail server for tests: it keeps what it is given, with TLS and a password."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pytest_django import Settings

# A certificate of "localhost" and its key, good for a hundred years.
CERTIFICATE = Path(__file__).with_name("localhost.pem")
USER, PASSWORD = "errtrack", "s:e@cret"


@dataclass
class Mailbox:
    """What the server was given; `answers` are said to the next recipients."""

    host: str = "localhost"
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        to: str,
        _more: object,
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=policy.default))
        self.to += envelope.rcpt_tos
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"

    def admit(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _way: str,
        told: object,
    ) -> AuthResult:
        assert isinstance(told, LoginPassword)
        self.users.append(told.login.decode())
        is_right = told.password.decode() == PASSWORD
        return AuthResult(success=is_right, handled=False)


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@contextmanager
def served(*, is_secure: bool = False) -> Iterator[Mailbox]:
    """A mail server on a free port; a secure one wants STARTTLS and a password."""
    mailbox = Mailbox(port=free_port())
    demands: dict[str, Any] = {}
    if is_secure:
        demands = {
            "require_starttls": True,
            "tls_context": _tls(),
            "auth_required": True,
            "authenticator": mailbox.admit,
        }
    controller = Controller(
        mailbox, hostname=mailbox.host, port=mailbox.port, **demands
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@contextmanager
def hanging() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("localhost", 0)) as silent:
        yield int(silent.getsockname()[1])


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def use(settings: Settings, port: int) -> None:
    """Has mail handed over to a plain server on that port."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.IS_MAIL_ON = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
