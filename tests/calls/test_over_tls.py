"""A Maane that serves TLS itself: whether Twilio could open its sockets, and calls through it."""

from __future__ import annotations

import signal
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from maane.channels.voice.relay import reach as reaching
from maane.channels.voice.relay.reach import reach
from maane.settings import Settings
from tests.calls.test_call_command import document, lines, run
from tests.certificates import make_certificate
from tests.people import A, World
from tests.postgres import free_port
from tests.serving import Server

SETTINGS = "/api/business/current/phone/settings"
CHECK = "/api/business/current/phone/check-sockets"


@dataclass(frozen=True)
class Sealed:
    """An installation with a certificate of its own, and what its processes are told."""

    settings: Settings
    certificate: Path
    variables: dict[str, str]

    @property
    def inside(self) -> Settings:
        """The same, as its web process reads it."""
        return self.settings.model_copy(
            update={
                "tls_cert": self.certificate,
                "tls_key": self.certificate,
                "voice_port": int(self.variables["MAANE_VOICE_PORT"]),
                "voice_url": self.variables["MAANE_VOICE_URL"],
            }
        )


@pytest.fixture(scope="module")
def sealed(new_module_settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    certificate = make_certificate(tmp_path_factory.mktemp("tls"))
    port = free_port()
    variables = {
        "MAANE_TLS_CERT": str(certificate),
        "MAANE_TLS_KEY": str(certificate),
        "MAANE_VOICE_PORT": str(port),
        "MAANE_VOICE_URL": f"wss://127.0.0.1:{port}",
    }
    return Sealed(new_module_settings(), certificate, variables)


@pytest.fixture(scope="module")
def voice(sealed: Sealed) -> Iterator[Server]:
    port = int(sealed.variables["MAANE_VOICE_PORT"])
    with Server(
        sealed.settings, sealed.variables, role="voice", port=port, scheme="https"
    ) as server:
        yield server


@pytest.fixture
def trusted(sealed: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world trusts the certificate."""
    context = ssl.create_default_context(cafile=str(sealed.certificate))
    monkeypatch.setattr(reaching, "trust", lambda: context)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "no_address"),
        ({"public_url": "http://maane.example.com"}, "not_secure"),
        ({"voice_url": "wss://127.0.0.1:9", "voice_port": 9}, "not_running"),
    ],
)
def test_sockets_are_chosen_only_where_twilio_could_open_them(
    new_world: Callable[..., World], given: dict[str, Any], reason: str
) -> None:
    owner = new_world(**given).browser("owner_a")
    chosen = owner.get(SETTINGS).json["chosen"]
    answer = owner.write("PUT", SETTINGS, chosen | {"engine": "relay", "hints": "x"})
    assert (answer.status_code, answer.json) == (
        409,
        {"error": "conflict", "reason": f"sockets_{reason}"},
    )
    assert owner.get(SETTINGS).json["chosen"] == chosen
    assert owner.write("POST", CHECK).json["result"] == reason
    assert owner.write("PUT", SETTINGS, chosen | {"hints": "x"}).status_code == 200


def test_a_certificate_that_nobody_trusts_is_told(sealed: Sealed, voice: Server) -> None:
    assert reach(sealed.inside, A).result == "certificate"


@pytest.mark.usefixtures("trusted")
def test_a_socket_is_opened_as_twilio_would(sealed: Sealed, voice: Server) -> None:
    found = reach(sealed.inside, A)
    address = f"{sealed.variables['MAANE_VOICE_URL']}/relay/{A}"
    assert (found.address, found.result) == (address, "ok")


@pytest.mark.usefixtures("trusted")
def test_what_refuses_our_signature_is_told(sealed: Sealed, voice: Server) -> None:
    """As another program does, or a Maane with another key."""
    other = sealed.inside.model_copy(
        update={"secret_key": type(sealed.inside.secret_key)("x" * 40)}
    )
    assert reach(other, A).result == "refused"


@pytest.mark.usefixtures("trusted")
def test_an_address_that_cannot_be_reached_from_here_is_no_obstacle(
    sealed: Sealed, voice: Server
) -> None:
    """Many networks do not let a machine reach its own public address."""
    inside = sealed.inside.model_copy(update={"voice_url": "wss://127.0.0.1:9"})
    found = reach(inside, A)
    assert (found.result, found.is_obstacle) == ("unreachable", False)


@pytest.mark.usefixtures("trusted")
def test_a_business_that_has_sockets_keeps_them_whatever_becomes_of_the_process(
    new_world: Callable[..., World], sealed: Sealed, voice: Server
) -> None:
    given = {
        "voice_url": sealed.variables["MAANE_VOICE_URL"],
        "secret_key": sealed.settings.secret_key,
    }
    world = new_world(**given)
    owner = world.browser("owner_a")
    chosen = owner.get(SETTINGS).json["chosen"] | {"engine": "relay"}
    assert owner.write("PUT", SETTINGS, chosen).status_code == 200
    voice.end(signal.SIGTERM)
    try:
        assert owner.write("POST", CHECK).json["result"] == "not_running"
        assert owner.write("PUT", SETTINGS, chosen | {"hints": "x"}).status_code == 200
    finally:
        voice.start()


def test_a_call_is_simulated_through_the_certificate_of_the_installation(
    sealed: Sealed, voice: Server
) -> None:
    """Both engines; the certificate's name is not asked, but the certificate itself is."""
    with Server(sealed.settings, sealed.variables, scheme="https") as web:
        given = sealed.variables | {"MAANE_PORT": str(web.port)}
        for engine in ("gather", "relay"):
            told = document(run(sealed.settings, given, "שלום", "--json", "--engine", engine))
            assert told["is_ok"], told
            assert lines(told)[2][1] == "אשמח לקחת הודעה. איך קוראים לך?"
            assert told["call"]["engine"] == engine
        other = make_certificate(sealed.certificate.parent.parent)
        forged = given | {"MAANE_TLS_CERT": str(other), "MAANE_TLS_KEY": str(other)}
        done = run(sealed.settings, forged, "שלום", "--engine", "gather")
        assert done.returncode == 1
        assert "unreachable" in done.stdout
