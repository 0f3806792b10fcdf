"""A shop whose number is at Meta: its owner at the inbox and at their own phone, a customer, and a worker
in this process. The Graph API is a double on loopback; the webhook is called with Meta's signature."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text, update

from maane.assistant.model import Said, Tool
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.operations import change_pause
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.conversations.models import Conversation, Message
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import ORIGIN, A, World

SECRET = "meta-app-secret-for-tests"
NUMBER = "100000000000001"
CUSTOMER = "972502345678"
CONVERSATIONS = "/api/business/current/conversations"


class Model:
    """Says what it is told to, and does ``meanwhile`` while it thinks."""

    def __init__(self) -> None:
        self.asked: list[list[Said]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        self.asked.append(conversation)
        self.meanwhile()
        return "תשובת העוזר"


@dataclass
class Counter:
    """Where all of them meet. Jobs run when ``work_off`` is called, in the order they were made."""

    world: World
    model: Model = field(default_factory=Model)
    done: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.owner = self.world.browser("owner_a")
        self.work = Work(self.world.database, self.world.settings, self.model)
        with self.world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            caller = caller_for_job(tenant)
            connect_number(tx, tenant, caller, self.world.settings, NUMBER, "EAAG-token")
            change_pause(tx, tenant, caller, 0)

    def deliver(self, *deliveries: bytes) -> None:
        """Meta delivers, signed; of several, all changes in one request."""
        changes = [c for raw in deliveries for e in json.loads(raw)["entry"] for c in e["changes"]]
        raw = json.dumps({"entry": [{"id": "0", "changes": changes}]}).encode()
        answer = self.world.app.test_client().post(
            "/webhook/whatsapp",
            data=raw,
            headers={"X-Hub-Signature-256": sign(SECRET.encode(), raw)},
            content_type="application/json",
            base_url=ORIGIN,
        )
        assert answer.status_code == 200, answer.json

    def jobs(self) -> list[tuple[str, int]]:
        """Every job there is, as name and subject, oldest first."""
        table = "workflow_status" if self.world.database.is_sqlite else "dbos.workflow_status"
        statement = f"SELECT workflow_uuid FROM {table} ORDER BY created_at, workflow_uuid"
        with self.world.database.engine.connect() as connection:
            ids = connection.execute(text(statement)).scalars().all()
        return [(key.split(":")[0], int(key.split(":")[2])) for key in ids]

    def work_off(self) -> None:
        """Runs what nobody has run yet."""
        run = {
            "answer whatsapp message": self.work.answer,
            "send message of a person": self.work.sending.send,
        }
        for name, subject in self.jobs():
            if (name, subject) not in self.done and name in run:
                self.done.add((name, subject))
                run[name](A, subject)

    def messages(self) -> list[Message]:
        with self.world.database.transaction(A, writes=False) as tx:
            return list(tx.scalars(select(Message).order_by(Message.id)))

    def said(self) -> list[tuple[str, str, str]]:
        return [(m.author, m.text, m.status) for m in self.messages()]

    def shown(self, number: int = 1) -> Any:
        return self.owner.get(f"{CONVERSATIONS}/{number}").json

    def act(self, verb: str) -> None:
        assert self.owner.write("POST", f"{CONVERSATIONS}/1/{verb}").status_code == 200

    def change(self, **values: Any) -> None:
        with self.world.database.transaction(A) as tx:
            tx.execute(update(Conversation).values(**values))


def writes(words: str, wamid: str, at: datetime | None = None, digits: str = CUSTOMER) -> bytes:
    """The customer's message, as Meta delivers it."""
    return build_delivery(NUMBER, wamid, digits, "דנה", words, at or datetime.now(UTC))


def echo(
    words: str, wamid: str, at: datetime | None = None, digits: str = CUSTOMER, **item: Any
) -> bytes:
    """What the owner wrote from their own phone, as Meta delivers it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "97236123456", "phone_number_id": NUMBER},
        "message_echoes": [
            {
                "from": "97236123456",
                "to": digits,
                "id": wamid,
                "timestamp": str(int((at or datetime.now(UTC)).timestamp())),
                "type": "text",
                "text": {"body": words},
            }
            | item
        ],
    }
    change = {"field": "smb_message_echoes", "value": value}
    return json.dumps({"entry": [{"id": "0", "changes": [change]}]}).encode()
