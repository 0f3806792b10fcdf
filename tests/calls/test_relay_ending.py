"""The process of the sockets ends, as at each update, while callers speak and the database is slow."""

from __future__ import annotations

import signal
import threading
import time

from sqlalchemy import select

from maane.calls import operations as calls
from maane.calls.models import Call
from maane.channels.voice.closing import close
from maane.jobs.queue import Jobs
from maane.tenancy.access import tenant_for_job
from tests.calls.conftest import Exchange
from tests.calls.relays import relaying
from tests.people import A

CALLERS = 12


def test_what_was_said_is_kept_before_the_process_ends(exchange: Exchange) -> None:
    with relaying(exchange) as relays:
        sessions = [relays.call(f"+9725023470{number:02}") for number in range(CALLERS)]
        for session in sessions:
            session.ask("שלום")
            relays.settled(session.line)
        with exchange.town.database.transaction(A) as tx:
            # Nobody else writes of these calls now.
            tx.scalars(select(Call).with_for_update()).all()
            answers = [session.ask("אני רוצה תור") for session in sessions]
            ending = threading.Thread(target=relays.voice.end, args=[signal.SIGTERM])
            ending.start()
            time.sleep(1.0)
            assert ending.is_alive()
        ending.join()
    assert answers == ["תשובה ל: אני רוצה תור"] * CALLERS
    for session in sessions:
        assert exchange.said(session.line)[3:] == [
            ("customer", "אני רוצה תור"),
            ("assistant", "תשובה ל: אני רוצה תור"),
        ]
        assert [turn.state for turn in exchange.turns(session.line)] == ["said"] * 3
        assert session.wait_closed() == 1012


def test_words_are_kept_that_waited_until_after_the_end(exchange: Exchange) -> None:
    database = exchange.town.database
    jobs = Jobs(database, exchange.town.settings.secret("partitions"))
    with relaying(exchange) as relays:
        session = relays.session(relays.ring("+972502347200"))
        with database.transaction(A) as tx:
            # Nobody is let in until this is over.
            tenant = tenant_for_job(tx, A)
            call = calls.locked(tx, tenant, session.line.sid)
            assert call is not None
            session.open()
            session.say("אני רוצה לבטל")
            session.close()
            close(tx, jobs, tenant, call, "completed", duration_s=2)
        exchange.wait(lambda: exchange.kept(session.line).outcome == "answered")
        exchange.wait(lambda: len(exchange.messages(session.line)) == 3)
        assert exchange.said(session.line)[1] == ("customer", "אני רוצה לבטל")
        assert exchange.messages(session.line)[2].status == "withheld"
        assert exchange.kept(session.line).duration_s == 2


def test_a_call_goes_on_in_the_process_that_follows(exchange: Exchange) -> None:
    with relaying(exchange) as relays:
        session = relays.call("+972502347100")
        assert session.ask("אני רוצה תור") == "תשובה ל: אני רוצה תור"
        relays.voice.end(signal.SIGTERM)
        assert session.wait_closed() == 1012
        relays.voice.start()
        again = session.drop()
        assert again.ask("למחר") == "תשובה ל: למחר"
        again.hang_up()
    assert [text for author, text in exchange.said(session.line) if author == "customer"] == [
        "אני רוצה תור",
        "למחר",
    ]
