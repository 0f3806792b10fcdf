"""Sends one e-mail through the operator's mail server, and says what that server answered.

Only between handing over the text and the server's answer is it unknown whether the mail left. What
fails before that was not sent. An answer of 4xx may be another one later; one of 5xx is for good.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Literal
from urllib.parse import urlsplit

from maane.kit.db import now
from maane.kit.text import storable
from maane.settings import Settings

TIMEOUT_S = 15.0
LONGEST_ANSWER = 300
PERMANENT = 500
Failure = Literal["refused", "busy", "unreachable", "interrupted", "smtp_not_set"]


class MailError(Exception):
    """Not sent, or not known to be (``interrupted``). ``answer`` is what the server said, if it did."""

    def __init__(self, reason: Failure, answer: str | None = None) -> None:
        super().__init__(reason)
        self.reason: Failure = reason
        self.answer = answer

    @property
    def may_retry(self) -> bool:
        return self.reason in ("busy", "unreachable")


@dataclass(frozen=True, slots=True)
class Mail:
    """One text to one address. ``key`` makes its Message-ID, the same whenever it is sent."""

    to: str
    subject: str
    body: str
    language: str
    key: str


def send(settings: Settings, mail: Mail) -> str:
    """Sends it and returns the server's answer. Raises ``MailError``."""
    if not settings.has_smtp:
        raise MailError("smtp_not_set")
    name, sender = parseaddr(settings.smtp_from)
    text = _composed(mail, name, sender).as_bytes(policy=SMTP)
    with _until_handed_over(), _connected(settings) as server:
        _expect(server.mail(sender), 250)
        _expect(server.rcpt(mail.to), 250, 251)
        _expect(server.docmd("DATA"), 354)
        return _hand_over(server, text)


def _hand_over(server: smtplib.SMTP, text: bytes) -> str:
    try:
        server.send(re.sub(rb"(?m)^\.", b"..", text) + b".\r\n")
        said = server.getreply()
    except (OSError, smtplib.SMTPException):
        raise MailError("interrupted") from None
    return _expect(said, 250)


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    host, port = settings.smtp_host, settings.smtp_port
    # Its own way to find our name asks a name server, and may wait for it.
    us = urlsplit(settings.public_url).hostname or "[127.0.0.1]"
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        trusted = ssl.create_default_context()
        server = smtplib.SMTP_SSL(host, port, us, timeout=TIMEOUT_S, context=trusted)
    else:
        server = smtplib.SMTP(host, port, us, timeout=TIMEOUT_S)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if settings.smtp_username:
            server.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        yield server
    finally:
        # Saying goodbye takes an answer, and what it says changes nothing any more.
        server.close()


@contextmanager
def _until_handed_over() -> Iterator[None]:
    """Turns what smtplib raises into ``MailError``."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        _expect((error.smtp_code, error.smtp_error))
        raise AssertionError from error
    except smtplib.SMTPNotSupportedError:
        raise MailError("refused", "the server offers no STARTTLS or no login") from None
    except ssl.SSLCertVerificationError as error:
        raise MailError("unreachable", error.verify_message) from None
    except (OSError, smtplib.SMTPException):
        raise MailError("unreachable") from None


def _expect(said: tuple[int, bytes | str], *codes: int) -> str:
    """What the server said, where its code is one of these. Raises ``MailError``."""
    code, raw = said
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    words = f"{code} {' '.join(storable(text).split())}"[:LONGEST_ANSWER]
    if code in codes:
        return words
    if code < 0:
        raise MailError("unreachable")
    raise MailError("refused" if code >= PERMANENT else "busy", words)


def _composed(mail: Mail, name: str, sender: str) -> EmailMessage:
    """The message. The library refuses a header of more than one line, so nothing can add one."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name or "Maane", addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = now()
    message["Message-ID"] = f"<{mail.key}@{sender.rpartition('@')[2]}>"
    message["Content-Language"] = mail.language
    # Out-of-office robots answer nobody who says this (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body + "\n", charset="utf-8", cte="base64")
    return message
