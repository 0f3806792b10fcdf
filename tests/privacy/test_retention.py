"""Conversations that are kept for a time only: what a night deletes, and what it leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from maane.appointments.models import Appointment
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.jobs import Work
from maane.conversations.models import Conversation, ConversationLead, ConversationNote, Message
from maane.kit.db import now
from maane.leads.models import Lead, LeadEvent
from maane.media.files import Files
from maane.privacy import retention
from maane.privacy.jobs import Retention
from maane.tenancy.models import Business
from tests.people import A, B, Browser, World

PATH = "/api/business/current/privacy/retention"
CONVERSATIONS = "/api/business/current/conversations"
APPOINTMENTS = "/api/business/current/appointments"
SIMULATOR = "/api/business/current/simulator/messages"


class Archive:
    """Talks of business A's simulator, as old as a test wants them, and the night's job."""

    def __init__(self, world: World) -> None:
        self.world, self.owner = world, world.browser("owner_a")
        self.work = Work(world.database, world.settings, None)
        files = Files(world.settings.media_folder)
        self.retention = Retention(world.database, self.work.jobs, files)

    def say(self, phone: str, words: str, browser: Browser | None = None) -> int:
        """A message and its answer; the conversation's id."""
        body = {"from_phone": phone, "text": words}
        assert (browser or self.owner).write("POST", SIMULATOR, body).status_code == 202
        with self.world.database.transaction(A, writes=False) as tx:
            event_id = tx.scalars(select(func.max(InboundEvent.id))).one()
        self.work.answer(A, event_id)
        with self.world.database.transaction(A, writes=False) as tx:
            newest = select(Message.conversation_id).order_by(Message.id.desc()).limit(1)
            return tx.scalars(newest).one()

    def grow_older(self, days: int) -> None:
        """Everything until now happened so much earlier."""
        by = timedelta(days=days)
        with self.world.database.transaction(A) as tx:
            for model, columns in (
                (Message, ("created_at",)),
                (InboundEvent, ("received_at",)),
                (ConversationNote, ("created_at",)),
                (Conversation, ("last_message_at", "last_inbound_at")),
                (Lead, ("updated_at",)),
            ):
                for row in tx.scalars(select(model)):
                    for column in columns:
                        setattr(row, column, getattr(row, column) - by)

    def choose(self, days: int | None, *, leads: bool = False) -> None:
        answer = self.owner.write("PUT", PATH, {"days": days, "leads": leads})
        assert answer.status_code == 200, answer.json
        with self.world.database.transaction() as tx:
            tx.execute(
                update(Business)
                .where(Business.id == A)
                .values(retention_since=now() - timedelta(days=2))
            )

    def night(self, day: int = 1) -> None:
        self.retention.run(A, day)

    def texts(self) -> list[str]:
        with self.world.database.transaction(A, writes=False) as tx:
            said = select(Message.text).where(Message.direction == "inbound").order_by(Message.id)
            return list(tx.scalars(said))

    def count(self, model: Any) -> int:
        with self.world.database.transaction(A, writes=False) as tx:
            return tx.scalars(select(func.count()).select_from(model)).one()

    def planned(self) -> list[str]:
        table = "workflow_status" if self.world.database.is_sqlite else "dbos.workflow_status"
        with self.world.database.engine.connect() as connection:
            statement = f"SELECT workflow_uuid FROM {table} WHERE name = 'delete what is too old'"
            return sorted(connection.execute(text(statement)).scalars())


@pytest.fixture
def archive(world: World) -> Archive:
    return Archive(world)


def test_everything_is_kept_until_somebody_chooses(archive: Archive) -> None:
    archive.say("050-777-0001", "ישן")
    archive.grow_older(4000)
    assert archive.owner.get(PATH).json == {"days": None, "leads": False, "last_night": None}
    archive.retention.plan()
    assert archive.planned() == []
    archive.night()
    assert archive.texts() == ["ישן"]


def test_a_night_deletes_what_is_older_and_says_how_much(archive: Archive) -> None:
    old = archive.say("050-777-0001", "ישן")
    note = archive.owner.write("POST", f"{CONVERSATIONS}/{old}/notes", {"text": "הערה"})
    assert note.status_code == 201
    archive.grow_older(31)
    archive.say("050-777-0002", "חדש")
    archive.choose(30)
    shown = archive.owner.get(f"{PATH}/preview?days=30")
    assert shown.json == {
        "items": [
            {"table": "business_notifications", "count": 0, "has_more": False},
            {"table": "conversation_notes", "count": 1, "has_more": False},
            {"table": "appointments", "count": 0, "has_more": False},
            {"table": "inbound_events", "count": 1, "has_more": False},
            {"table": "attachments", "count": 0, "has_more": False},
            {"table": "recordings", "count": 0, "has_more": False},
            {"table": "messages", "count": 2, "has_more": False},
            {"table": "conversations", "count": 0, "has_more": False},
        ]
    }
    archive.night()
    assert archive.texts() == ["חדש"]
    assert archive.owner.get(f"{CONVERSATIONS}/{old}").status_code == 404
    assert (archive.count(Conversation), archive.count(InboundEvent)) == (1, 1)
    page: Any = archive.owner.get("/api/business/current/audit").json
    (event,) = [e for e in page["items"] if e["action"] == "retention.applied"]
    counted = "conversation_notes:1,conversations:1,inbound_events:1,messages:2"
    assert (event["subject"], event["actor"]) == (f"business:{A} {counted}", None)
    shown_run: Any = archive.owner.get(PATH).json
    assert {i["table"]: i["count"] for i in shown_run["last_night"]["items"]} == {
        "conversation_notes": 1,
        "conversations": 1,
        "inbound_events": 1,
        "messages": 2,
    }


def test_an_appointment_goes_when_it_is_old_and_its_conversation_after_it(
    archive: Archive,
) -> None:
    key = archive.say("050-777-0001", "ישן")
    archive.grow_older(400)
    body = {"date": (now() + timedelta(days=2)).date().isoformat(), "time": "10:00", "name": "x"}
    assert archive.owner.write("POST", APPOINTMENTS, body).status_code == 201
    with archive.world.database.transaction(A) as tx:
        tx.execute(update(Appointment).values(conversation_id=key))
    archive.choose(30)
    archive.night()
    assert (archive.count(Appointment), archive.count(Conversation)) == (1, 1)
    with archive.world.database.transaction(A) as tx:
        long_ago = now() - timedelta(days=100)
        tx.execute(
            update(Appointment).values(starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))
        )
    archive.night(2)
    assert (archive.count(Appointment), archive.count(Conversation)) == (0, 0)


def test_a_conversation_that_goes_on_loses_only_its_old_messages(archive: Archive) -> None:
    key = archive.say("050-777-0001", "ישן")
    archive.grow_older(91)
    archive.say("050-777-0001", "חדש")
    with archive.world.database.transaction(A) as tx:
        old, answer = tx.scalars(select(Message).order_by(Message.id).limit(2))
        # An answer that is young although its question is old.
        answer.created_at = now()
        assert answer.answers_id == old.id
    archive.choose(90)
    archive.night()
    assert archive.texts() == ["חדש"]
    shown: Any = archive.owner.get(f"{CONVERSATIONS}/{key}").json
    assert shown["last_message"] is not None
    page: Any = archive.owner.get(f"{CONVERSATIONS}/{key}/messages").json
    assert [m["direction"] for m in page["items"]] == ["outbound", "inbound", "outbound"]


def test_leads_stay_unless_they_were_chosen(archive: Archive) -> None:
    archive.say("050-777-0001", "ישן")
    archive.grow_older(400)
    archive.say("050-777-0002", "חדש")
    leads, events = archive.count(Lead), archive.count(LeadEvent)
    archive.choose(365)
    archive.night(1)
    assert (archive.count(Lead), archive.count(ConversationLead)) == (leads, 1)
    archive.choose(365, leads=True)
    archive.night(2)
    # The cast's own lead and that of the old talk were old; the one of the young talk was not.
    assert archive.count(Lead) == 1
    assert archive.count(LeadEvent) == events


def test_whoever_asked_for_silence_is_remembered(archive: Archive) -> None:
    key = archive.say("050-777-0001", "אל תכתבו לי")
    with archive.world.database.transaction(A) as tx:
        conversation = tx.get_one(Conversation, key)
        conversation.owner, conversation.silence_reason = "person", "stopped"
        conversation.owned_at = now()
    archive.grow_older(31)
    archive.choose(30)
    archive.night()
    assert archive.texts() == []
    shown: Any = archive.owner.get(f"{CONVERSATIONS}/{key}").json
    assert shown["takeover"]["reason"] == "stopped"


def test_a_night_touches_its_own_business_only(archive: Archive) -> None:
    archive.say("050-777-0001", "ישן")
    archive.grow_older(31)
    other = archive.world.browser("owner_b")
    answer = other.write("PUT", PATH, {"days": 30, "leads": True})
    assert answer.status_code == 200
    archive.retention.run(B, 1)
    assert archive.texts() == ["ישן"]


def test_whoever_changes_their_mind_before_the_night_loses_nothing(archive: Archive) -> None:
    archive.say("050-777-0001", "ישן")
    archive.grow_older(31)
    archive.choose(30)
    archive.retention.plan()
    archive.choose(None)
    archive.night()
    assert archive.texts() == ["ישן"]


def test_a_night_is_planned_once_from_the_one_after_the_choice(archive: Archive) -> None:
    archive.choose(30)
    archive.retention.plan()
    archive.retention.plan()
    (planned,) = archive.planned()
    day = int(planned.rsplit(":", 1)[1])
    archive.night(day)
    archive.retention.plan()
    assert archive.planned() == [planned]
    assert archive.owner.write("PUT", PATH, {"days": 90, "leads": False}).status_code == 200
    archive.retention.plan()
    assert archive.planned() == [planned]


def test_a_night_begins_at_three_by_the_business_s_clock() -> None:
    noon = datetime(2026, 3, 1, 10, tzinfo=UTC)
    business = Business(timezone="Asia/Jerusalem", retention_days=30, retention_since=noon)
    before = datetime(2026, 3, 2, 0, 59, tzinfo=UTC)
    assert retention.night_of(business, before) is None
    assert retention.night_of(business, before + timedelta(minutes=1)) is not None
    business.retention_days = None
    assert retention.night_of(business, before + timedelta(days=9)) is None


def test_who_may_choose_and_what(archive: Archive) -> None:
    body = {"days": 90, "leads": False}
    impersonating = archive.world.admin_in(A)
    assert impersonating.write("PUT", PATH, body).status_code == 200
    page: Any = archive.owner.get("/api/business/current/audit").json
    assert page["items"][0]["action"] == "retention.changed"
    assert page["items"][0]["subject"] == f"business:{A} retention:90"
    assert page["items"][0]["impersonating"] is True
    assert archive.world.browser("admin").write("PUT", PATH, body).status_code == 403
    for days in (0, 31, -1, "30", "forever", 30.5):
        assert archive.owner.write("PUT", PATH, {"days": days, "leads": False}).status_code == 422
    for leads in ("true", "false"):
        shown: Any = archive.owner.get(f"{PATH}/preview?days=30&leads={leads}")
        assert shown.status_code == 200
        assert ("leads" in {item["table"] for item in shown.json["items"]}) == (leads == "true")
    for query in ("", "?days=31", "?days=abc", "?days=30&leads=maybe"):
        assert archive.owner.get(f"{PATH}/preview{query}").status_code == 422
