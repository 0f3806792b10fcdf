"""Every address that Twilio asks, found in the URL map: what is not signed by the business's own account
is refused and changes nothing. A new one is covered the moment it is registered; one whose form is not
understood here fails, as what is well signed must be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import inspect, select

import maane.ops.tables  # noqa: F401
from maane.calls import operations as calls
from maane.calls import outgoing, texts, transfers
from maane.calls.operations import Ring, Way
from maane.calls.transfers import Person
from maane.channels.voice.connection import connect
from maane.channels.whatsapp.connection import connect_twilio
from maane.kit.db import Base
from maane.kit.endpoint import spec_of
from maane.leads import operations as leads
from maane.leads.contract import LeadBody
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.models import TenantOwned
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS
from tests.fake_twilio_voice import signature
from tests.people import A, B, World

SID, MADE = "CA" + "1" * 32, "CA" + "2" * 32


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """Both businesses have numbers at Twilio; A has a call that came in, and one that it makes (the
    second, by its id)."""
    world = new_world(public_url=ORIGIN)
    for key in (A, B):
        with world.database.transaction(key) as tx:
            tenant = tenant_for_job(tx, key)
            given = (tx, tenant, caller_for_job(tenant), world.settings)
            connect(*given, ACCOUNTS[key], NUMBERS[key], TOKENS[key])
            connect_twilio(*given, ACCOUNTS[key], NUMBERS[key], TOKENS[key])
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        ring = Ring(SID, ACCOUNTS[A], "inbound", "+972502345678", NUMBERS[A], "ringing")
        call, _ = calls.begin(tx, tenant, ring, Way("gather", "he", is_recorded=True))
        calls.hear(tx, tenant, call, 1, "שלום", due_at=call.started_at)
        texts.note(tx, tenant, call, "asked")
        transfers.plan(tx, tenant, call, [Person("דנה", "+972542345678")], "שלום")
        caller = caller_for_job(tenant)
        lead = leads.create_lead(tx, tenant, caller, LeadBody(name="רות", phone="050-234-5679"))
        made = outgoing.ask(
            tx,
            tenant,
            caller,
            lead.id,
            account_sid=ACCOUNTS[A],
            own_number=NUMBERS[A],
            phone="+972502345679",
            way=Way("gather", "he", is_recorded=True),
            speaker="person",
            person_name="דנה",
            idempotency_key="click",
        )
        assert (call.id, made.id) == (1, 2)
    return world


def addresses(world: World) -> list[tuple[str, str, dict[str, str]]]:
    """Method, address and form of each. Whether a business's number calls or is called, it is there."""
    found = []
    for rule in world.app.url_map.iter_rules():
        spec = spec_of(world.app, rule.endpoint)
        if spec is None or "Twilio" not in spec.access.reason:
            continue
        assert "<" not in rule.rule, "an address of Twilio's with something in its path"
        prefix = "whatsapp:" if "whatsapp" in rule.rule else ""
        for call_id in (1, 2):
            query = f"business={A}&call={call_id}&step=1&person=1"
            form = {
                "AccountSid": ACCOUNTS[A],
                "CallSid": SID if call_id == 1 else MADE,
                "CallStatus": "completed",
                "From": prefix + NUMBERS[A],
                "To": prefix + NUMBERS[A],
                "Direction": "inbound",
                "MessageSid": "SM" + "1" * 32,
                "Body": "שלום",
                "SpeechResult": "שלום",
                "Digits": "1",
                "RecordingSid": "RE" + "1" * 32,
                "RecordingStatus": "completed",
                "DialCallStatus": "completed",
            }
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found.append((method, f"{rule.rule}?{query}", form))
                status = form | {"MessageStatus": "failed"}
                found.append((method, f"{rule.rule}?{query}", status))
    # What Twilio asks of a call that we make comes first: so that call gets its id.
    return sorted(found, key=lambda one: "outgoing" not in one[1])


def ask(world: World, method: str, path: str, form: dict[str, str], header: str | None) -> Any:
    return world.app.test_client().open(
        path,
        method=method,
        data=urlencode(form),
        headers={} if header is None else {"X-Twilio-Signature": header},
        content_type="application/x-www-form-urlencoded",
        base_url="http://localhost:8000",
    )


def rows(world: World) -> dict[tuple[int, str], list[str]]:
    """All that both businesses have."""
    found = {}
    for key in (A, B):
        with world.database.transaction(key, writes=False) as tx:
            for mapper in Base.registry.mappers:
                if issubclass(mapper.class_, TenantOwned):
                    columns = [column.key for column in inspect(mapper.class_).column_attrs]
                    found[(key, mapper.class_.__name__)] = sorted(
                        repr([getattr(row, column) for column in columns])
                        for row in tx.scalars(select(mapper.class_))
                    )
    return found


def test_what_the_businesss_own_account_did_not_sign_is_refused_everywhere(world: World) -> None:
    asked = addresses(world)
    paths = {path.partition("?")[0] for _, path, _ in asked}
    assert paths >= {"/webhook/twilio/voice", "/webhook/twilio/voice/recording"}
    assert len(paths) >= 17
    before = rows(world)
    for method, path, form in asked:
        for header in (
            None,
            "",
            signature("f" * 32, ORIGIN + path, form),
            signature(TOKENS[B], ORIGIN + path, form),
            signature(TOKENS[A], ORIGIN + path + "0", form),
            signature(TOKENS[A], ORIGIN + path, form | {"Digits": "2"}),
        ):
            answer = ask(world, method, path, form, header)
            assert (answer.status_code, answer.json) == (403, {"error": "signature"}), (
                path,
                header,
            )
        stranger = form | {"AccountSid": ACCOUNTS[B]}
        answer = ask(world, method, path, stranger, signature(TOKENS[B], ORIGIN + path, stranger))
        assert answer.status_code == 403, path
    assert rows(world) == before
    for method, path, form in asked:
        answer = ask(world, method, path, form, signature(TOKENS[A], ORIGIN + path, form))
        assert answer.status_code < 400, (path, answer.get_data(as_text=True))
    assert rows(world) != before
