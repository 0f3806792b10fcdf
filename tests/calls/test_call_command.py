"""``maane call``: a whole call from a script, and whether it went through."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import select

from maane.calls.models import Call
from maane.channels.voice.simulator.script import ScriptError, Step, read_script
from maane.conversations.models import Conversation
from maane.settings import Settings
from tests.calls.conftest import Exchange
from tests.calls.relays import Relays
from tests.people import A, B
from tests.postgres import free_port
from tests.serving import environment


def make(
    exchange: Exchange, script: str, *arguments: str, business: int = A, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command as an operator would, beside the processes that serve."""
    given = exchange.town.variables | {"MAANE_PORT": str(exchange.town.server.port)} | variables
    return run(exchange.town.settings, given, script, *arguments, business=business)


def run(
    settings: Settings, variables: dict[str, str], script: str, *arguments: str, business: int = A
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "maane", "call", "--business", str(business), "--script", "-"]
    return subprocess.run(
        [*command, *arguments],
        input=script,
        env=environment(settings, **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["who"], one["text"]) for one in told["transcript"]]


def test_a_script_is_a_call_with_its_times(exchange: Exchange) -> None:
    script = "# Who asks for the hours.\n\nמה השעות?\n[keys 12#]\n[silence]\nתודה\n[hangup]\n"
    done = make(exchange, script, "--engine", "gather")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line.split(None, 2)[1:] for line in done.stdout.splitlines() if "." in line[:6]]
    assert [who for who, *_ in shown] == [
        *("maane", "caller", "maane", "caller", "maane"),
        *("caller", "maane", "caller", "maane", "caller", "end"),
    ]
    assert "שלום, הגעתם אל Business A" in shown[0][1]
    assert shown[2][1].startswith("תשובה ל: מה השעות?  (")
    assert [shown[index][1] for index in (3, 5, 9)] == ["[keys 12#]", "[silence]", "[hangup]"]
    assert "gather, answered, caller_hung_up" in done.stdout.splitlines()[-1]
    newest = exchange.rows(select(Call).order_by(Call.id.desc()))[0]
    (conversation,) = exchange.rows(
        select(Conversation).where(Conversation.id == newest.conversation_id)
    )
    assert (conversation.channel, conversation.contact_phone) == ("simulator", "+972525550101")


def test_the_document_holds_the_transcript_and_what_was_measured(exchange: Exchange) -> None:
    told = document(make(exchange, "שלום", "--json", "--from", "withheld"))
    assert (told["is_ok"], told["reason"]) == (True, None)
    assert lines(told)[1:3] == [("caller", "שלום"), ("maane", "תשובה ל: שלום")]
    assert told["transcript"][2]["took_ms"] > 0
    assert told["call"]["outcome"] == "answered"
    (turn,) = [one for one in told["turns"] if one["kind"] == "speech"]
    assert turn["first_audio_ms"] >= turn["model_ms"] > 0
    assert told["slowest_answer_ms"] < 12_000


def test_a_call_that_ends_before_the_script_has_failed(exchange: Exchange) -> None:
    done = make(exchange, "[silence]\n[silence]\n[silence]\nעוד משהו\n")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == ("failed: line 4: the call had ended before it was said")


def test_where_nobody_serves_the_call_has_failed_with_the_address(exchange: Exchange) -> None:
    port = str(free_port())
    done = make(exchange, "שלום", MAANE_PORT=port)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("failed: the call was lost: unreachable:")
    assert f":{port}" in done.stdout
    told = document(make(exchange, "שלום", "--json", MAANE_PORT=port))
    assert (told["is_ok"], told["call"]) == (False, None)


def test_another_key_is_refused_by_the_signature(exchange: Exchange) -> None:
    done = make(exchange, "שלום", MAANE_SECRET_KEY="x" * 40)
    assert done.returncode == 1
    assert "403" in done.stdout
    assert "signature" in done.stdout


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("# nothing\n", (), "--script: the script says nothing"),
        ("שלום\n[wait 3]\n", (), "--script: line 2: takes words, [silence]"),
        ("[keys abc]\n", (), "--script: line 1:"),
        ('[interrupt "x"]\n', (), "--script: line 1: after [interrupt"),
        ("שלום\n", ("--from", "nobody"), "--from: is not a phone number"),
        ("שלום\n", ("--engine", "smoke"), "--engine"),
    ],
)
def test_what_a_script_cannot_say_is_told_before_anybody_is_called(
    exchange: Exchange, script: str, arguments: tuple[str, ...], said: str
) -> None:
    before = exchange.rows(select(Call.id).order_by(Call.id))
    done = make(exchange, script, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert exchange.rows(select(Call.id).order_by(Call.id)) == before


def test_a_business_that_there_is_not_is_refused(exchange: Exchange) -> None:
    done = make(exchange, "שלום", business=999)
    assert (done.returncode, done.stderr.strip()) == (2, 'maane: refused: {"error": "not_found"}')


def test_a_script_is_read_as_people_write_it() -> None:
    text = "\ufeff  שלום  \r\n#c\n[ interrupt “כן, יש” ]\nרגע\n[ hangup ]\n"
    assert read_script(text.splitlines(keepends=True)) == [
        Step("speak", "שלום", 1),
        Step("interrupt", "כן, יש", 3),
        Step("speak", "רגע", 4),
        Step("hang_up", "", 5),
    ]
    with pytest.raises(ScriptError, match="longer"):
        read_script(["x" * 5000])


def test_a_slow_answer_is_waited_for_and_its_wait_is_shown(exchange: Exchange) -> None:
    exchange.model.delay_s = 4
    told = document(make(exchange, "שלום", "--json", business=B))
    kinds = [one["kind"] for one in told["transcript"]]
    assert kinds[:4] == ["says", "heard", "waits", "says"]
    assert 2000 < told["transcript"][2]["took_ms"] < told["transcript"][3]["took_ms"]
    assert next(turn for turn in told["turns"] if turn["kind"] == "speech")["waits"] == 1


def test_a_script_speaks_over_an_answer_of_a_socket(relays: Relays) -> None:
    relays.model.say = lambda messages: (
        "אנחנו פתוחים כל יום מתשע עד חמש חוץ משבת וחגים"
        if messages[-1]["content"].startswith("מתי")
        else "בבקשה"
    )
    relays.model.word_s = 0.3
    script = 'מתי פתוח?\n[interrupt "אנחנו פתוחים"]\nרגע, ובשבת?\n[hangup]\n'
    told = document(make(relays.exchange, script, "--json", "--engine", "relay"))
    assert (told["is_ok"], told["reason"]) == (True, None)
    assert told["call"]["engine"] == "relay"
    assert lines(told)[1:] == [
        ("caller", "מתי פתוח?"),
        ("maane", "אנחנו פתוחים"),
        ("caller", "אנחנו פתוחים"),
        ("caller", "רגע, ובשבת?"),
        ("maane", "בבקשה"),
        ("caller", ""),
        ("end", "caller_hung_up"),
    ]


def test_words_that_never_come_cannot_be_spoken_over(relays: Relays) -> None:
    script = 'שלום\n[interrupt "משהו אחר לגמרי"]\nרגע\n'
    done = make(relays.exchange, script, "--engine", "relay")
    assert done.returncode == 1
    assert 'line 2: "משהו אחר לגמרי" was never said' in done.stdout.splitlines()[-1]
