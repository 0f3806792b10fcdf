"""A mail server on loopback that speaks SMTP (RFC 5321), STARTTLS (RFC 3207) and AUTH PLAIN.

``script`` holds answers to give to ``RCPT`` before it accepts; ``at_the_end`` is its answer to the text,
or None to fall silent there. What was brought is kept for the test to read, as a mail program would.
"""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast


class FakeMail:
    """A context manager. ``certificate`` is a PEM file with its key: then it offers STARTTLS, or speaks
    TLS from the first byte where ``is_implicit``."""

    def __init__(
        self,
        certificate: Path | None = None,
        *,
        is_implicit: bool = False,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, str]] = []
        self.was_secure: list[bool] = []
        self.script: list[str] = []
        self.at_the_end: str | None = "250 2.0.0 Ok: queued as 4F2A"
        self.delay_s = 0.0
        self.login = login
        self.is_implicit = is_implicit
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                session = _Session(fake, self)
                try:
                    session.begin()
                    session.run()
                except (OSError, ValueError):
                    """The caller was killed, gave up or trusted nobody; that is often the point."""
                finally:
                    session.close()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return cast("int", self._server.server_address[1])

    def __enter__(self) -> FakeMail:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Session:
    """One connection."""

    def __init__(self, fake: FakeMail, handler: socketserver.StreamRequestHandler) -> None:
        self.fake = fake
        self.socket = handler.request
        self.is_secure = False
        self.is_known = fake.login is None
        self.file = self.socket.makefile("rb")

    def begin(self) -> None:
        if self.fake.is_implicit:
            self._secure()

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def _secure(self) -> None:
        assert self.fake.context is not None
        self.file.close()
        self.socket = self.fake.context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.file = self.socket.makefile("rb")
        self.socket.do_handshake()
        self.is_secure = True

    def say(self, line: str) -> None:
        self.socket.sendall(f"{line}\r\n".encode())

    def run(self) -> None:
        self.say("220 mail.test ESMTP")
        sender = recipient = ""
        while line := self.file.readline():
            words = line.decode().strip()
            verb = words.split(" ")[0].upper()
            if verb == "EHLO":
                self._greet()
            elif verb == "STARTTLS":
                self.say("220 2.0.0 Ready to start TLS")
                self._secure()
            elif verb == "AUTH":
                self._log_in(words)
            elif verb == "MAIL":
                sender = words[words.index("<") + 1 : words.index(">")]
                self.say("250 2.1.0 Ok" if self.is_known else "530 5.7.0 Authentication required")
            elif verb == "RCPT":
                recipient = words[words.index("<") + 1 : words.index(">")]
                self.say(self.fake.script.pop(0) if self.fake.script else "250 2.1.5 Ok")
            elif verb == "DATA":
                self.say("354 End data with <CR><LF>.<CR><LF>")
                self._take(sender, recipient)
            else:
                self.say("221 2.0.0 Bye" if verb == "QUIT" else "500 5.5.2 Unknown")

    def _greet(self) -> None:
        self.say("250-mail.test")
        if self.fake.context is not None and not self.is_secure:
            self.say("250-STARTTLS")
        if self.fake.login is not None:
            self.say("250-AUTH PLAIN")
        self.say("250 SIZE 1000000")

    def _log_in(self, words: str) -> None:
        _, user, password = base64.b64decode(words.split(" ")[2]).decode().split("\0")
        self.is_known = (user, password) == self.fake.login
        self.say("235 2.7.0 Ok" if self.is_known else "535 5.7.8 Wrong user or password")

    def _take(self, sender: str, recipient: str) -> None:
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise ValueError("the text has no end")
            lines.append(line[1:] if line.startswith(b"..") else line)
        raw = b"".join(lines)
        self.fake.raw.append(raw)
        self.fake.mails.append(message_from_bytes(raw, policy=default))  # type: ignore[arg-type]
        self.fake.envelopes.append((sender, recipient))
        self.fake.was_secure.append(self.is_secure)
        time.sleep(self.fake.delay_s)
        if self.fake.at_the_end is None:
            raise ValueError("silent, as the test asked")
        self.say(self.fake.at_the_end)
