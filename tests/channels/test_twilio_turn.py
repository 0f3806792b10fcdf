"""A customer who writes over Twilio, from the webhook to the lead and back, with real processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from maane.channels.twilio import sign
from maane.channels.whatsapp.connection import connect_twilio
from maane.channels.whatsapp.sending import INTERRUPTED
from maane.conversations.models import Message
from maane.kit.db import Database
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeGraph, FakeModel, FakeTwilio
from tests.people import A
from tests.serving import Server
from tests.town import Customer, Town

ORIGIN = "https://maane.example.com"
ADDRESS = "/webhook/twilio/whatsapp"
NUMBER, ACCOUNT, TOKEN = "+97236123456", "AC" + "a" * 32, "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(ACCOUNT, TOKEN) as fake:
        yield fake


@pytest.fixture(scope="module")
def town(new_module_settings: Any, fake: FakeTwilio) -> Iterator[Town]:
    settings = new_module_settings()
    variables = {
        "MAANE_TWILIO_API_URL": fake.url,
        "MAANE_PUBLIC_URL": ORIGIN,
        "MAANE_WORKER_ID": "the worker",
    }
    database = Database(settings.database)
    with database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        connect_twilio(tx, tenant, caller_for_job(tenant), settings, ACCOUNT, NUMBER, TOKEN)
    with FakeModel() as model, FakeGraph() as graph, Server(settings, variables) as server:
        town = Town(settings, model, graph, server, variables, database)
        town.pause(0)
        town.start_worker()
        yield town
        town.end_worker()
    database.dispose()


def deliver(town: Town, form: dict[str, str], query: str = "") -> None:
    path = ADDRESS + query
    signature = sign(TOKEN, ORIGIN + path, list(form.items()))
    answer = httpx.post(
        town.server.url + path, data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 200, answer.text


def write(town: Town, customer: Customer, words: str, sid: str) -> None:
    form = {
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": f"whatsapp:+{customer.digits}",
        "To": f"whatsapp:{NUMBER}",
        "Body": words,
        "NumMedia": "0",
        "ProfileName": "דנה",
    }
    deliver(town, form)


def report(town: Town, sid: str, status: str, query: str = "", code: str = "") -> None:
    form = {
        "MessageSid": sid,
        "MessageStatus": status,
        "AccountSid": ACCOUNT,
        "From": f"whatsapp:{NUMBER}",
        "To": "whatsapp:+972500000000",
    }
    deliver(town, form | ({"ErrorCode": code} if code else {}), query)


def sent_to(fake: FakeTwilio, customer: Customer) -> list[dict[str, str]]:
    to = f"whatsapp:+{customer.digits}"
    return [asked["body"] for asked in fake.requests if asked["body"]["To"] == to]


def test_a_message_becomes_a_lead_and_one_answer(town: Town, fake: FakeTwilio) -> None:
    customer = town.customer()
    write(town, customer, "שלום", "SMin1")
    write(town, customer, "שלום", "SMin1")
    (answer,) = customer.wait_for_answers(1)
    (sent,) = sent_to(fake, customer)
    assert sent["Body"] == answer.text == "תשובה ל: שלום"
    assert sent["StatusCallback"] == f"{ORIGIN}{ADDRESS}?message={answer.id}"
    assert customer.lead().name == "דנה"


def test_statuses_move_forward_only_in_whatever_order_they_come(
    town: Town, fake: FakeTwilio
) -> None:
    customer = town.customer()
    write(town, customer, "שלום", "SMin2")
    (answer,) = customer.wait_for_answers(1)
    sid = answer.external_id or ""
    for status, shown in (
        ("queued", "sent"),
        ("read", "read"),
        ("delivered", "read"),
        ("sent", "read"),
        ("undelivered", "failed"),
        ("delivered", "failed"),
    ):
        report(town, sid, status, code="63024" if status == "undelivered" else "")
        assert customer.answers()[-1].status == shown, status
    assert customer.answers()[-1].error == "63024"


def test_a_status_knows_the_message_by_our_own_id(town: Town) -> None:
    customer = town.customer()
    write(town, customer, "שלום", "SMin3")
    (answer,) = customer.wait_for_answers(1)
    with town.database.transaction(A) as tx:
        # As a worker leaves it that was killed before it read Twilio's answer.
        row = tx.get_one(Message, answer.id)
        row.status, row.external_id, row.error = "sending", None, INTERRUPTED
    report(town, "SMunheardof", "delivered", f"?message={answer.id}")
    assert customer.answers()[-1].status == "delivered"


def test_it_waits_as_long_as_twilio_asks(town: Town, fake: FakeTwilio) -> None:
    customer = town.customer()
    fake.script = [(429, 20429, 1)]
    write(town, customer, "שלום", "SMin4")
    customer.wait_for_answers(1)
    first, second = [r["at"] for r in fake.requests if customer.digits in r["body"]["To"]]
    assert second - first >= 1


def test_a_lasting_refusal_stands_on_the_message(town: Town, fake: FakeTwilio) -> None:
    customer = town.customer()
    fake.script = [(400, 63016)]
    write(town, customer, "שלום", "SMin5")
    (answer,) = customer.wait_for_answers(1, "failed")
    assert answer.error == "63016: refused as the test asked"
    assert len(sent_to(fake, customer)) == 1


def test_the_log_never_holds_the_credential(town: Town) -> None:
    log = (town.settings.var_dir / "worker.log").read_text()
    assert "send failed" in log
    assert TOKEN not in log
