"""Everything of one person: shown, given out, and erased so that no dump of the database knows them."""

from __future__ import annotations

import io
import json
import sqlite3
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, func, insert, select, text

from maane.appointments.models import Appointment, AppointmentLead
from maane.calls import operations as calls
from maane.calls import outgoing, texts, transfers
from maane.calls.operations import Ring, Way
from maane.calls.transfers import Person
from maane.channels.inbox import InboundEvent
from maane.channels.voice.simulator import operations as simulator
from maane.channels.voice.simulator.talk import Event
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.conversations.models import Conversation, Message
from maane.jobs.queue import migrate_queue
from maane.kit.db import now
from maane.kit.errors import NotFound
from maane.leads.models import Lead
from maane.media import operations as media
from maane.media import recordings
from maane.media.files import Files
from maane.media.models import Attachment
from maane.media.operations import Stored
from maane.privacy.holdings import HOLDINGS
from maane.privacy.jobs import Retention
from maane.privacy.persons import SWEEP_JOB
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import A, Browser, World
from tests.town import NUMBER, SECRET

LEADS = "/api/business/current/leads"
CONVERSATIONS = "/api/business/current/conversations"
NAME, DIGITS, AT_HOME = "דבורה אלמונית", "972501234987", "0501234987"
WORDS = ("סוד של דבורה", "עוד סוד", "הערה על דבורה", "פגישה עם דבורה", "devora@secret.example")
PICTURE, SOUND = b"a picture of Devora", b"the voice of Devora"
OTHER = "972507654321"


class Model:
    """Hands over to a person, so that there is everything that a handover leaves behind."""

    customer = NAME
    while_thinking: Any = None

    def reply(self, instructions: str, said: Any, tools: Any = ()) -> str:
        if self.while_thinking is not None:
            self.while_thinking()
        by_name = {tool.name: tool for tool in tools}
        hand_over = by_name["hand_to_person"]
        hand_over.run(hand_over.arguments(reason=f"{self.customer} מבקשת אדם"))
        return f"שלום {self.customer}"


class Office:
    """Business A with a number at Meta, two customers who write to it, and its owner."""

    def __init__(self, world: World) -> None:
        self.world, self.owner, self.model = world, world.browser("owner_a"), Model()
        self.work = Work(world.database, world.settings, self.model)
        self.count, self.file_key, self.sound_key = 0, "", ""
        self.files = Files(world.settings.media_folder)
        path = "/api/business/current/whatsapp/settings"
        assert self.owner.write("PUT", path, {"pause_s": 0}).status_code == 200

    def deliver(self, digits: str, name: str, words: str) -> int:
        """Meta delivers a message; the id of its event."""
        self.count += 1
        wamid = f"wamid.{self.count}"
        raw = build_delivery(NUMBER, wamid, digits, name, words, now() - timedelta(seconds=9))
        headers = {"X-Hub-Signature-256": sign(SECRET.encode(), raw)}
        client = self.world.app.test_client()
        assert client.post("/webhook/whatsapp", data=raw, headers=headers).status_code == 200
        with self.world.database.transaction(A, writes=False) as tx:
            found = select(InboundEvent.id).where(InboundEvent.external_id == wamid)
            return tx.scalars(found).one()

    def write(self, digits: str, name: str, words: str) -> None:
        self.model.customer = name
        event_id = self.deliver(digits, name, words)
        with pytest.raises(Exception, match="try later"):
            self.work.answer(A, event_id)

    def lead_of(self, digits: str) -> int:
        with self.world.database.transaction(A, writes=False) as tx:
            return tx.scalars(select(Lead.id).where(Lead.phone == f"+{digits}")).one()

    def conversation_of(self, digits: str) -> int:
        with self.world.database.transaction(A, writes=False) as tx:
            found = select(Conversation.id).where(
                Conversation.contact_key == digits, Conversation.channel == "whatsapp"
            )
            return tx.scalars(found).one()

    def live_through_everything(self) -> int:
        """One customer leaves a trace in every table that holds any; the id of their lead."""
        path = "/api/business/current/notifications/settings"
        body: dict[str, Any] = {
            "emails": ["staff@example.com"],
            "owner_phone": None,
            "escalate_after_min": 15,
            "escalation_email": None,
        }
        assert self.owner.write("PUT", path, body).status_code == 200
        self.write(DIGITS, NAME, WORDS[0])
        lead_id, key = self.lead_of(DIGITS), self.conversation_of(DIGITS)
        patch = {"email": WORDS[4], "note": WORDS[1]}
        assert self.owner.write("PATCH", f"{LEADS}/{lead_id}", patch).status_code == 200
        other = {"name": NAME, "phone": AT_HOME, "note": WORDS[1]}
        assert self.owner.write("POST", LEADS, other).status_code == 201
        note = {"text": WORDS[2]}
        assert self.owner.write("POST", f"{CONVERSATIONS}/{key}/notes", note).status_code == 201
        shown: Any = self.owner.get(f"{CONVERSATIONS}/{key}/messages").json
        read = {"message_id": shown["items"][0]["id"]}
        assert self.owner.write("PUT", f"{CONVERSATIONS}/{key}/read", read).status_code == 200
        answer = {"text": f"היי {NAME}", "idempotency_key": "1"}
        path = f"{CONVERSATIONS}/{key}/messages"
        assert self.owner.write("POST", path, answer).status_code == 202
        told: Any = self.owner.get("/api/business/current/notifications").json
        path = f"/api/business/current/notifications/{told['items'][0]['id']}/read"
        assert self.owner.write("PUT", path).status_code == 200
        simulated = {"from_phone": AT_HOME, "name": NAME, "text": WORDS[1]}
        path = "/api/business/current/simulator/messages"
        assert self.owner.write("POST", path, simulated).status_code == 202
        with self.world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            ring = Ring("CA1", "AC1", "inbound", f"+{DIGITS}", "+97236123456", "ringing")
            call, _ = calls.begin(tx, tenant, ring, Way("gather", "he"))
            calls.hear(tx, tenant, call, 1, WORDS[1], due_at=now())
            recording = recordings.expect(tx, tenant, call.id, "RE1", duration_s=9)
            self.sound_key = recording.file_key
            recordings.note_stored(tx, recording, Stored("audio/mpeg", len(SOUND), "0" * 64))
            outgoing.ask(
                tx,
                tenant,
                caller_for_job(tenant),
                lead_id,
                account_sid="AC1",
                own_number="+97236123456",
                phone=f"+{DIGITS}",
                way=Way("gather", "he"),
                speaker="assistant",
                person_name=None,
                idempotency_key="click",
            )
            trial = simulator.begin(tx, tenant, "CA1")
            said, stands = [Event(0.0, "says", WORDS[1])], {"state": "going", "engine": "gather"}
            simulator.note(tx, tenant, trial.id, said, **stands, is_listening=True, reason=None)
            texts.note(tx, tenant, call, "asked")
            transfers.plan(tx, tenant, call, [Person("דנה", "+972542345678")], WORDS[1])
        with self.world.database.transaction(A) as tx:
            event = tx.scalars(select(InboundEvent).order_by(InboundEvent.id.desc())).first()
            assert event is not None
            at = now() + timedelta(days=1)
            values = {
                "business_id": A,
                "conversation_id": key,
                "starts_at": at,
                "ends_at": at + timedelta(hours=1),
                "status": "booked",
                "name": NAME,
                "phone": f"+{DIGITS}",
                "note": WORDS[3],
                "made_by": "assistant",
                "created_at": now(),
            }
            booked = tx.scalars(insert(Appointment).values(values).returning(Appointment.id)).one()
            message_id = tx.scalars(select(func.min(Message.id))).one()
            (file_id,) = media.expect(
                tx,
                tenant_for_job(tx, A),
                message_id,
                "meta",
                [media.InboundFile("image", "123", "image/png", f"{NAME}.png", WORDS[1])],
                is_transcribed=False,
            )
            self.file_key = tx.get_one(Attachment, file_id).file_key
            tie = {"business_id": A, "appointment_id": booked, "lead_id": lead_id}
            tx.execute(insert(AppointmentLead).values(tie))
        self.work.answer(A, event.id)
        with self.files.writing(A, self.file_key) as file:
            file.write(PICTURE)
        with self.files.writing(A, self.sound_key) as file:
            file.write(SOUND)
        # And one that nobody has taken in yet.
        self.deliver(DIGITS, NAME, WORDS[0])
        return lead_id

    def dump(self) -> str:
        """Every row of every table of every schema, as the database's owner sees them."""
        settings = self.world.settings
        if self.world.database.is_sqlite:
            with sqlite3.connect(settings.database.database or "") as connection:
                lines = "\n".join(connection.iterdump())
            connection.close()
            return lines
        engine = create_engine(settings.migration_database)
        lines = []
        with engine.connect() as connection:
            connection.execute(text("SET row_security = off"))
            for schema in ("public", "dbos"):
                metadata = MetaData()
                metadata.reflect(connection, schema=schema)
                for table in metadata.sorted_tables:
                    lines += [repr(row) for row in connection.execute(select(table))]
        engine.dispose()
        return "\n".join(lines)

    def erase(self, lead_id: int, confirmation: str, browser: Browser | None = None) -> Any:
        path = f"{LEADS}/{lead_id}/person/erase"
        return (browser or self.owner).write("POST", path, {"confirmation": confirmation})

    def export(self, lead_id: int) -> dict[str, Any]:
        answer = self.owner.write("POST", f"{LEADS}/{lead_id}/person/export")
        assert (answer.status_code, answer.mimetype) == (200, "application/zip")
        assert f"person-{lead_id}-" in answer.headers["Content-Disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            assert archive.testzip() is None
            kept = {f"files/{self.file_key}": PICTURE, f"files/{self.sound_key}": SOUND}
            files = kept if self.file_key else {}
            assert sorted(archive.namelist()) == sorted(["person.json", *files])
            assert {name: archive.read(name) for name in files} == files
            document: dict[str, Any] = json.loads(archive.read("person.json").decode("utf-8"))
        return document

    def actions(self) -> list[dict[str, Any]]:
        page: Any = self.owner.get("/api/business/current/audit").json
        items: list[dict[str, Any]] = page["items"]
        return items


def _traces(dump: str) -> list[str]:
    """What of the person stands in a dump."""
    needles = (NAME, "דבורה", DIGITS, DIGITS[3:], *WORDS)
    escaped = [json.dumps(needle)[1:-1] for needle in needles]
    return [n for n in (*needles, *escaped) if n in dump]


@pytest.fixture
def office(new_world: Any) -> Office:
    world: World = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url="http://127.0.0.1:9")
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        connect_number(tx, tenant, caller_for_job(tenant), world.settings, NUMBER, "EAAG-token")
    return Office(world)


def test_an_export_holds_something_of_every_table(office: Office) -> None:
    lead_id = office.live_through_everything()
    office.write(OTHER, "אחר", "לא שלה")
    tables = office.export(lead_id)["tables"]
    assert sorted(tables) == sorted(holding.table for holding in HOLDINGS)
    assert [table for table, rows in tables.items() if not rows] == []
    assert {row["name"] for row in tables["leads"]} == {NAME}
    assert WORDS[0] in {row["text"] for row in tables["messages"]}
    whole = json.dumps(tables, ensure_ascii=False)
    assert "לא שלה" not in whole
    assert OTHER not in whole
    event = office.actions()[0]
    assert (event["action"], event["subject"]) == ("person.exported", f"lead:{lead_id}")


def test_after_an_erasure_a_dump_knows_neither_number_nor_name_nor_words(office: Office) -> None:
    lead_id = office.live_through_everything()
    office.write(OTHER, "אחר", "לא שלה")
    assert len(_traces(office.dump())) >= len(WORDS) + 4
    shown: Any = office.owner.get(f"{LEADS}/{lead_id}/person").json
    assert [row["name"] for row in shown["leads"]] == [NAME, NAME]
    answer = office.erase(lead_id, NAME)
    assert answer.status_code == 200, answer.json
    assert answer.json["items"] == shown["erases"]
    dump = office.dump()
    assert _traces(dump) == []
    places = [office.files.path(A, key) for key in (office.file_key, office.sound_key)]
    assert all(place.is_file() for place in places)
    assert f"{SWEEP_JOB}:{A}:{lead_id}" in dump
    Retention(office.world.database, office.work.jobs, office.files).sweep(A, lead_id)
    assert not any(place.exists() for place in places)
    assert "לא שלה" in dump
    assert OTHER in dump
    event = office.actions()[0]
    assert event["action"] == "person.erased"
    assert event["subject"].startswith(f"lead:{lead_id} lead:")
    assert event["actor"]["name"] == "owner_a"
    assert office.owner.get(f"{LEADS}/{lead_id}").status_code == 404
    assert office.erase(lead_id, NAME).status_code == 404


def test_an_erasure_waits_for_a_call_and_the_call_never_for_it(office: Office) -> None:
    """Each would wait for the other for ever if one locked the conversation before the call."""
    if office.world.database.is_sqlite:
        pytest.skip("one transaction writes at a time there")
    lead_id = office.live_through_everything()
    database = office.world.database
    with ThreadPoolExecutor(1) as pool:
        with database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            call = calls.locked(tx, tenant, "CA1")
            assert call is not None
            erased = pool.submit(office.erase, lead_id, NAME)
            _wait_for_a_lock(office)
            calls.hear(tx, tenant, call, 2, WORDS[0], due_at=now())
        assert erased.result().status_code == 200
    assert _traces(office.dump()) == []


def _wait_for_a_lock(office: Office) -> None:
    """Until a transaction of this database waits for another one."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 30
    while True:
        # Within one transaction the server would always tell the same.
        with office.world.database.engine.connect() as connection:
            if connection.execute(waits).scalar_one():
                return
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)


def test_whoever_writes_again_begins_anew(office: Office) -> None:
    lead_id = office.live_through_everything()
    before = office.conversation_of(DIGITS)
    assert office.erase(lead_id, NAME).status_code == 200
    office.write(DIGITS, "חדשה", "שלום")
    after = office.conversation_of(DIGITS)
    assert after != before
    page: Any = office.owner.get(f"{CONVERSATIONS}/{after}/messages").json
    assert [m["text"] for m in page["items"] if m["author"] == "customer"] == ["שלום"]
    assert office.lead_of(DIGITS) != lead_id


def test_a_turn_that_is_being_thought_of_brings_nothing_back(office: Office) -> None:
    lead_id = office.live_through_everything()
    key = office.conversation_of(DIGITS)
    back = office.owner.write("POST", f"{CONVERSATIONS}/{key}/hand-back")
    assert back.status_code == 200
    event_id = office.deliver(DIGITS, NAME, WORDS[0])

    def erase() -> None:
        assert office.erase(lead_id, NAME).status_code == 200

    office.model.while_thinking = erase
    with pytest.raises(NotFound):
        office.work.answer(A, event_id)
    office.work.answer(A, event_id)
    assert _traces(office.dump()) == []


def test_a_slip_erases_nobody(office: Office) -> None:
    office.write(DIGITS, NAME, WORDS[0])
    lead_id = office.lead_of(DIGITS)
    for wrong in ("דבורה", "x", "0501234988", "987", "4987", "+"):
        answer = office.erase(lead_id, wrong)
        assert (answer.status_code, answer.json["details"][0]["type"]) == (422, "mismatch"), wrong
    assert office.export(lead_id)["tables"]["messages"]
    assert office.erase(lead_id, "050-1234987").status_code == 200


def test_an_impersonating_admin_may_and_others_may_not(office: Office) -> None:
    office.write(DIGITS, NAME, WORDS[0])
    lead_id = office.lead_of(DIGITS)
    assert office.erase(lead_id, NAME, office.world.browser("admin")).status_code == 403
    assert office.erase(lead_id, NAME, office.world.browser("owner_b")).status_code == 404
    assert office.erase(lead_id, f"+{DIGITS}", office.world.admin_in(A)).status_code == 200
    assert office.actions()[0]["impersonating"] is True


def test_a_number_that_was_typed_for_everybody_erases_nobody(office: Office) -> None:
    for number in range(101):
        body = {"name": str(number), "phone": AT_HOME}
        assert office.owner.write("POST", LEADS, body).status_code == 201
    lead_id = office.owner.get(LEADS).json["items"][0]["id"]  # type: ignore[index]
    for answer in (
        office.erase(lead_id, "100"),
        office.owner.write("POST", f"{LEADS}/{lead_id}/person/export"),
        office.owner.get(f"{LEADS}/{lead_id}/person"),
    ):
        assert (answer.status_code, answer.json["reason"]) == (409, "too_many_people")


def test_partitions_of_an_older_version_are_concealed_by_the_upgrade(office: Office) -> None:
    office.deliver(DIGITS, NAME, WORDS[0])
    world = office.world
    table = "workflow_status" if world.database.is_sqlite else "dbos.workflow_status"
    engine = create_engine(world.settings.migration_database)
    read = text(f"SELECT queue_partition_key FROM {table}")
    with engine.begin() as connection:
        (concealed,) = connection.execute(read).scalars()
        plain = {"plain": f"{A}:{DIGITS}"}
        connection.execute(text(f"UPDATE {table} SET queue_partition_key = :plain"), plain)
    role = None if world.database.is_sqlite else "maane_app"
    secret = world.settings.secret("partitions")
    migrate_queue(world.settings.migration_database, role, secret)
    with engine.connect() as connection:
        assert connection.execute(read).scalars().all() == [concealed]
    engine.dispose()
    assert DIGITS not in concealed
