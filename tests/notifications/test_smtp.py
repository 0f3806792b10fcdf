"""E-mail over every kind of connection, against a server that speaks the protocol."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maane.notifications.smtp import Mail, MailError, send
from maane.settings import Settings, SettingsError, load_settings
from tests.certificates import make_certificate
from tests.fake_mail import FakeMail
from tests.postgres import free_port

MAIL = Mail("dana@example.com", "נושא", ".שורה\n..שתי נקודות", "he", "notification.1.2")
LOGIN = ("maane", "the password of the mailbox")

Make = Callable[..., Settings]


@pytest.fixture
def settings(tmp_path: Path) -> Make:
    def make(port: int, **options: Any) -> Settings:
        base = {
            "var_dir": tmp_path,
            "secret_key": "a key of the tests that is long enough",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_from": "maane@example.com",
        }
        return load_settings(**(base | options))

    return make


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_password_goes_over_tls_only(
    settings: Make, certificate: Path, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with FakeMail(certificate, is_implicit=security == "tls", login=LOGIN) as mail:
        ours = settings(
            mail.port, smtp_security=security, smtp_username=LOGIN[0], smtp_password=LOGIN[1]
        )
        assert send(ours, MAIL) == "250 2.0.0 Ok: queued as 4F2A"
        assert mail.was_secure == [True]
    (brought,) = mail.mails
    assert brought["Subject"] == "נושא"
    assert brought["Message-ID"] == "<notification.1.2@example.com>"
    assert brought.get_content().split() == MAIL.body.split()


def test_a_server_that_nobody_vouches_for_gets_nothing(settings: Make, certificate: Path) -> None:
    with FakeMail(certificate) as mail, pytest.raises(MailError) as refused:
        send(settings(mail.port), MAIL)
    assert (refused.value.reason, mail.mails) == ("unreachable", [])
    assert "self-signed" in str(refused.value.answer)


def test_a_server_without_starttls_gets_nothing(settings: Make) -> None:
    with FakeMail() as mail, pytest.raises(MailError) as refused:
        send(settings(mail.port), MAIL)
    assert (refused.value.reason, refused.value.may_retry, mail.mails) == ("refused", False, [])


def test_a_wrong_password_is_said_in_the_server_s_words(
    settings: Make, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with FakeMail(certificate, login=LOGIN) as mail, pytest.raises(MailError) as refused:
        send(settings(mail.port, smtp_username="maane", smtp_password="wrong"), MAIL)
    assert refused.value.reason == "refused"
    assert refused.value.answer == "535 5.7.8 Wrong user or password"


def test_a_server_that_is_not_there_may_come_back(settings: Make) -> None:
    with pytest.raises(MailError) as refused:
        send(settings(free_port()), MAIL)
    assert (refused.value.reason, refused.value.may_retry) == ("unreachable", True)


@pytest.mark.parametrize("place", ["subject", "to"])
def test_no_header_takes_a_second_line(settings: Make, place: str) -> None:
    words = "x@example.com\r\nBcc: y@example.com"
    values = {"to": MAIL.to, "subject": "x"} | {place: words}
    mail = Mail(**values, body="", language="en", key="k")
    with FakeMail() as server, pytest.raises((ValueError, MailError)):
        send(settings(server.port, smtp_security="none"), mail)
    assert server.raw == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"smtp_from": ""}, "MAANE_SMTP_FROM"),
        ({"smtp_from": "x@example.com\r\nBcc: y@example.com"}, "MAANE_SMTP_FROM"),
        ({"smtp_username": "x"}, "MAANE_SMTP_USERNAME"),
        (
            {"smtp_username": "x", "smtp_password": "y", "smtp_security": "none"},
            "MAANE_SMTP_SECURITY",
        ),
        ({"smtp_security": "ssl"}, "MAANE_SMTP_SECURITY"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: Make, wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        settings(25, **wrong)
    assert "\n" not in str(refused.value)
