"""A business connects its number for calls, checks its addresses, and says how it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from maane.calls.models import Call
from maane.channels.inbox import ChannelNumber
from maane.channels.voice.models import VoiceChannel
from maane.cli import main
from maane.settings import Settings
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS, Exchange
from tests.fake_twilio_voice import signature
from tests.fakes import FakeTwilio
from tests.people import A, B, World
from tests.served.test_under_load import Person
from tests.serving import Server, environment

CONNECTION = "/api/business/current/phone/connection"
SETTINGS = "/api/business/current/phone/settings"
GIVEN = {"account_sid": ACCOUNTS[A], "number": "03-612-3456", "auth_token": TOKENS[A]}
WEBHOOK = "/webhook/twilio/voice"


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio(ACCOUNTS[A], TOKENS[A]) as fake:
        fake.numbers = [NUMBERS[A]]
        yield fake


@pytest.fixture
def world(new_world: Callable[..., World], twilio: FakeTwilio) -> World:
    return new_world(twilio_api_url=twilio.url, public_url=ORIGIN)


def stored(world: World, business_id: int) -> list[VoiceChannel]:
    with world.database.transaction(business_id, writes=False) as tx:
        return list(tx.scalars(select(VoiceChannel)))


def ring(world: World, token: str = TOKENS[A], *, path: str = WEBHOOK, **more: str) -> Any:
    """A call comes in, or goes on at another path, signed."""
    fields = {
        "AccountSid": ACCOUNTS[A],
        "CallSid": "CA" + "1" * 32,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": "+972502345678",
        "To": NUMBERS[A],
    } | more
    return world.app.test_client().post(
        path,
        data=urlencode(fields),
        headers={"X-Twilio-Signature": signature(token, ORIGIN + path, fields)},
        content_type="application/x-www-form-urlencoded",
        base_url="http://localhost:8000",
    )


def heard(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text


def test_a_number_is_connected_once_twilio_says_it_is_the_accounts(
    world: World, twilio: FakeTwilio
) -> None:
    owner = world.browser("owner_a")
    assert owner.get(CONNECTION).json["number"] is None
    answer = owner.write("PUT", CONNECTION, GIVEN)
    assert answer.status_code == 200, answer.json
    assert (answer.json["number"], answer.json["account_sid"]) == (NUMBERS[A], ACCOUNTS[A])
    assert answer.json["webhooks"] == {
        "call": f"{ORIGIN}{WEBHOOK}?language=he",
        "fallback": f"{ORIGIN}{WEBHOOK}/fallback?language=he",
        "status": f"{ORIGIN}{WEBHOOK}/status",
    }
    (channel,) = stored(world, A)
    assert TOKENS[A] not in channel.auth_token
    assert TOKENS[A] not in heard(owner.get(CONNECTION))
    assert owner.write("POST", "/api/business/current/phone/test").json == {"result": "ok"}
    assert "Business A" in heard(ring(world))


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"auth_token": "f" * 32}, 409, "provider_refused"),
        ({"number": "+97239999999"}, 409, "provider_unknown_number"),
    ],
)
def test_what_twilio_does_not_vouch_for_is_not_saved(
    world: World, change: dict[str, str], status: int, reason: str
) -> None:
    answer = world.browser("owner_a").write("PUT", CONNECTION, GIVEN | change)
    assert (answer.status_code, answer.json["reason"]) == (status, reason)
    assert stored(world, A) == []


def test_twilio_that_is_away_is_no_proof(world: World, twilio: FakeTwilio) -> None:
    twilio.script = [(503, 20503)]
    answer = world.browser("owner_a").write("PUT", CONNECTION, GIVEN)
    assert (answer.status_code, answer.json) == (
        503,
        {"error": "unavailable", "reason": "provider"},
    )


def test_a_number_belongs_to_one_business_and_is_free_when_it_is_replaced(
    world: World, twilio: FakeTwilio
) -> None:
    owner, other = world.browser("owner_a"), world.browser("owner_b")
    assert owner.write("PUT", CONNECTION, GIVEN).status_code == 200
    answer = other.write("PUT", CONNECTION, GIVEN)
    assert (answer.status_code, answer.json["reason"]) == (409, "number_taken")
    twilio.numbers.append("+97237654321")
    assert owner.write("PUT", CONNECTION, GIVEN | {"number": "+97237654321"}).status_code == 200
    assert other.write("PUT", CONNECTION, GIVEN).status_code == 200
    assert "Business B" in heard(ring(world))
    with world.database.transaction() as tx:
        numbers = {
            row.external_number: row.business_id for row in tx.scalars(select(ChannelNumber))
        }
    assert numbers == {"+97237654321": A, NUMBERS[A]: B}


def test_a_number_is_connected_from_the_shell(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(world.settings).items():
        if name.startswith("MAANE_"):
            monkeypatch.setenv(name, value)
    command = ["channel", "twilio", "--business", "1", "--account-sid", ACCOUNTS[A]]
    command += ["--number", NUMBERS[A], "--auth-token-stdin"]
    done = CliRunner().invoke(main, command, input=f"{TOKENS[A]}\n")
    assert done.exit_code == 0, done.output
    assert TOKENS[A] not in done.output
    assert "Business A" in heard(ring(world))
    wrong = CliRunner().invoke(main, [*command[:5], "AC1", *command[6:]], input=f"{TOKENS[A]}\n")
    assert wrong.exit_code == 2
    assert "--account-sid" in wrong.output


def test_a_business_says_how_its_calls_are_answered(world: World) -> None:
    owner = world.browser("owner_a")
    assert owner.write("PUT", CONNECTION, GIVEN).status_code == 200
    before = owner.get(SETTINGS).json
    assert before["chosen"]["engine"] == "gather"
    assert before["first_words"] == "שלום, הגעתם אל Business A. במה אפשר לעזור?"
    chosen = before["chosen"] | {
        "language": "ru",
        "greeting": "Это {business} & друзья.",
        "is_recorded": True,
        "voice": "Google.ru-RU-Wavenet-D",
        "hints": "маникюр\nпедикюр, <гель>\n",
    }
    answer = owner.write("PUT", SETTINGS, chosen)
    assert answer.status_code == 200, answer.json
    assert answer.json["first_words"] == "Это Business A & друзья. Разговор записывается."
    assert answer.json["preset"]["hear_language"] == "ru"
    said = heard(ring(world))
    assert "Это Business A &amp; друзья. Разговор записывается." in said
    assert 'voice="Google.ru-RU-Wavenet-D"' in said
    assert 'hints="маникюр,педикюр &lt;гель&gt;"' in said
    with world.database.transaction(A, writes=False) as tx:
        call = tx.scalars(select(Call)).one()
    assert (call.language, call.is_recorded) == ("ru", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"engine": "smoke"},
        {"language": "fr"},
        {"speech_timeout_s": 0},
        {"voice": '"/><Hangup/>'},
        {"say_language": "he IL"},
        {"hints": "x" * 101},
        {"greeting": "x" * 501},
    ],
)
def test_what_twilio_could_not_take_is_refused(world: World, wrong: dict[str, Any]) -> None:
    owner = world.browser("owner_a")
    chosen = owner.get(SETTINGS).json["chosen"]
    answer = owner.write("PUT", SETTINGS, chosen | wrong)
    assert answer.status_code == 422, answer.json
    assert owner.get(SETTINGS).json["chosen"] == chosen


def test_what_is_no_form_or_has_no_signature_is_refused(world: World) -> None:
    """The traps of Twilio's own library: each of these made it raise, or let anything pass."""
    assert world.browser("owner_a").write("PUT", CONNECTION, GIVEN).status_code == 200
    client = world.app.test_client()
    form = {"CallSid": "CA1", "AccountSid": ACCOUNTS[A], "To": NUMBERS[A], "From": "x"}
    signed = signature(TOKENS[A], ORIGIN + WEBHOOK, form)
    only_url = signature(TOKENS[A], ORIGIN + WEBHOOK, {})
    with_hash = signature(TOKENS[A], f"{ORIGIN}{WEBHOOK}?bodySHA256=00", {})
    kind = "application/x-www-form-urlencoded"
    for path, data, header, of_kind in (
        (WEBHOOK, urlencode(form), None, kind),
        (WEBHOOK, urlencode(form), "", kind),
        (WEBHOOK, urlencode(form), "é", kind),
        (WEBHOOK, urlencode(form), signed, "application/json"),
        (WEBHOOK, '{"To": "x"}', only_url, "application/json"),
        (WEBHOOK, urlencode(form), only_url, kind),
        (f"{WEBHOOK}?bodySHA256=00", urlencode(form), with_hash, kind),
        (WEBHOOK, urlencode(form | {"Extra": "1"}), signed, kind),
        (WEBHOOK, b"\xff\xfe", only_url, kind),
        (WEBHOOK, "", only_url, kind),
        (f"{WEBHOOK}?language=he", urlencode(form), signed, kind),
    ):
        answer = client.post(
            path,
            data=data,
            headers={} if header is None else {"X-Twilio-Signature": header},
            content_type=of_kind,
            base_url="http://localhost:8000",
        )
        assert (answer.status_code, answer.json) == (403, {"error": "signature"}), (path, data)
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(Call)).all() == []


@pytest.mark.parametrize(
    ("query", "again"),
    [
        ("", "סליחה, הייתה תקלה קטנה. אפשר לומר את זה שוב?"),
        ("?language=he", "סליחה, הייתה תקלה קטנה. אפשר לומר את זה שוב?"),
        ("?language=ru", "Простите, произошла небольшая ошибка. Повторите, пожалуйста."),
    ],
)
def test_a_fault_of_ours_is_asked_for_again_and_never_told_to_twilio(
    world: World, monkeypatch: pytest.MonkeyPatch, query: str, again: str
) -> None:
    """Before the business is known the address tells the language."""
    assert world.browser("owner_a").write("PUT", CONNECTION, GIVEN).status_code == 200

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("maane.calls.operations.begin", broken)
    answer = ring(world, path=f"{WEBHOOK}{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert "<Gather" in heard(answer)
    assert again in heard(answer)


@pytest.mark.parametrize("words", ["שלום", ""])
@pytest.mark.parametrize("is_known", [False, True])
def test_nobody_is_recorded_whom_a_fault_left_without_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch, words: str, is_known: bool
) -> None:
    owner = world.browser("owner_a")
    assert owner.write("PUT", CONNECTION, GIVEN).status_code == 200
    chosen = owner.get(SETTINGS).json["chosen"] | {"is_recorded": True}
    assert owner.write("PUT", SETTINGS, chosen).status_code == 200
    if is_known:
        assert ring(world, path=f"{WEBHOOK}/status").status_code == 204

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as fault:
        fault.setattr("maane.channels.voice.gather.first_words", broken)
        asked = heard(ring(world))
    assert "<Gather" in asked
    again = heard(ring(world, path=f"{WEBHOOK}/turn?failed=1", SpeechResult=words))
    assert "<Gather" in again
    assert "<Start" not in asked + again
    if not is_known:
        with world.database.transaction(A, writes=False) as tx:
            assert tx.scalars(select(Call)).one().is_recorded is False


@pytest.mark.parametrize("path", ["", "/confirmed", "/dialed", "/reached"])
def test_a_fault_in_a_call_that_we_make_ends_it_and_puts_no_assistant_on(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """On the other side is a lead who waits for a person, or that person."""
    assert world.browser("owner_a").write("PUT", CONNECTION, GIVEN).status_code == 200

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("maane.channels.voice.outgoing.answering.tenant_for_job", broken)
    numbers = {"From": NUMBERS[A], "To": "+972502345678", "Direction": "outbound-api"}
    answer = ring(world, path=f"{WEBHOOK}/outgoing{path}?call=1", **numbers)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert "<Hangup" in heard(answer)
    assert "<Gather" not in heard(answer)


def test_the_own_addresses_are_checked_from_outside(
    new_settings: Any, twilio: FakeTwilio, exchange: Exchange
) -> None:
    """A server that does not know its own address refuses what is signed for it."""
    settings: Settings = new_settings()
    server = Server(settings)
    server.variables = {"MAANE_PUBLIC_URL": server.url, "MAANE_TWILIO_API_URL": twilio.url}
    with server:
        owner = Person(server.url, "owner_a")
        assert owner.send("POST", "/api/business/current/phone/check", None).json() == {
            "obstacle": "not_connected",
            "addresses": [],
        }
        assert owner.send("PUT", CONNECTION, GIVEN).status_code == 200
        found = owner.send("POST", "/api/business/current/phone/check", None).json()
        assert [one["result"] for one in found["addresses"]] == ["ok", "ok", "ok"]
