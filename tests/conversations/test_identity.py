"""Which conversations are one person's, whatever channel they wrote on."""

from __future__ import annotations

from typing import Any

import pytest

from maane.conversations import identity
from maane.conversations import operations as conversations
from maane.kit.db import now
from maane.leads import operations as leads
from maane.leads.contract import LeadBody, LeadPatch
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import A, B, World

DANA, AVI = "+972501111111", "+972502222222"


class Office:
    """People who write to the businesses on several channels."""

    def __init__(self, world: World) -> None:
        self.world, self.count = world, 0

    def write(
        self,
        phone: str | None,
        text: str,
        *,
        channel: str = "whatsapp",
        key: str | None = None,
        business_id: int = A,
    ) -> int:
        """A message that came in, with its lead as a turn opens it; the conversation's id."""
        self.count += 1
        contact = conversations.Contact(channel, key or (phone or "").lstrip("+"), phone, None)
        with self.world.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            said = conversations.Incoming(f"m{self.count}", text, now(), now(), awaits_answer=True)
            found = conversations.take_in(tx, tenant, contact, [said])
            if conversations.lead_id_of(tx, tenant, found.id) is None:
                lead = leads.open_for_contact(
                    tx, tenant, caller_for_job(tenant), phone, phone or "?", source="whatsapp"
                )
                conversations.tie_lead(tx, tenant, found.id, lead.id)
            return found.id

    def related(self, key: int) -> list[tuple[int, str]]:
        path = f"/api/business/current/conversations/{key}/related"
        answer: Any = self.world.browser("owner_a").get(path)
        assert answer.status_code == 200
        return [(row["id"], row["last_message"]["text"]) for row in answer.json["items"]]


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_another_channel_with_the_same_number_is_the_same_person(office: Office) -> None:
    first = office.write(DANA, "כמה עולה תספורת?")
    office.write(AVI, "Are you open?")
    second = office.write(DANA, "ניסיון", channel="simulator")
    office.write(DANA, "של עסק אחר", business_id=B)
    assert office.related(first) == [(second, "ניסיון")]
    assert office.related(second) == [(first, "כמה עולה תספורת?")]


def test_the_newest_stands_first_with_what_was_said_last(office: Office) -> None:
    first = office.write(DANA, "1")
    second = office.write(DANA, "2", channel="simulator")
    third = office.write(DANA, "3", key="a user name")
    assert office.related(first) == [(third, "3"), (second, "2")]
    office.write(DANA, "4", channel="simulator")
    assert office.related(first) == [(second, "4"), (third, "3")]


def test_whoever_has_no_number_is_found_by_the_lead(office: Office) -> None:
    first = office.write(DANA, "שלום")
    unknown = office.write(None, "זו דנה", key="user name")
    assert office.related(first) == []
    with office.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        lead_id = conversations.lead_id_of(tx, tenant, unknown)
        assert lead_id is not None
        patch = LeadPatch(phone=DANA)
        leads.change_lead(tx, tenant, caller_for_job(tenant), lead_id, patch)
    assert office.related(first) == [(unknown, "זו דנה")]
    assert office.related(unknown) == [(first, "שלום")]


def test_a_conversation_without_a_lead_is_found_by_its_number(office: Office) -> None:
    first = office.write(DANA, "שלום")
    second = office.write(DANA, "שוב", channel="simulator")
    with office.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        lead_id = conversations.lead_id_of(tx, tenant, first)
        assert lead_id is not None
        leads.delete_lead(tx, tenant, caller_for_job(tenant), lead_id)
    assert office.related(first) == [(second, "שוב")]


def test_a_number_that_was_typed_for_everybody_is_not_one_person(office: Office) -> None:
    office.write(DANA, "שלום")
    with office.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        for number in range(identity.MOST + 1):
            body = LeadBody(name=str(number), phone=AVI)
            lead = leads.create_lead(tx, tenant, caller, body)
        assert not identity.of_lead(tx, tenant, lead.id).is_whole
        (dana,) = leads.ids_with_phones(tx, tenant, {DANA}, limit=9)
        assert identity.of_lead(tx, tenant, dana).is_whole
