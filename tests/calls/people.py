"""People of a business who are rung for its callers, for tests of both engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from maane.calls.models import CallTransfer
from maane.channels.voice import reachable
from maane.channels.voice.reachable import Chosen, Reachable, When
from maane.conversations.models import Conversation
from maane.hours import operations as opening
from maane.hours.contract import HoursBody, SpecialDay
from maane.jobs.queue import Jobs
from maane.notifications.models import Notification
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.models import Business
from tests.calls.conftest import Exchange
from tests.fake_twilio_voice import Line, Person
from tests.fakes import calls, told
from tests.people import A

DANA, YOSSI = "+972542345678", "+972522345678"
MISSED = "לצערנו אף אחד לא התפנה לענות כרגע. לקחת ממך הודעה, כדי שיחזרו אליך?"
PUT_THROUGH = "אני מעביר את השיחה לאדם מBusiness A. רגע אחד, בבקשה."
WISH = "תן לי את המנהל"
REASON = "המזגן לא עובד"


def wants_manager(messages: list[dict[str, Any]]) -> Any:
    """A model that gives whoever asks for the manager to a person, and echoes others."""
    if told(messages):
        return "מילים שאיש לא צריך לשמוע"
    words = messages[-1]["content"]
    if "מנהל" in words:
        return calls(("hand_to_person", {"reason": REASON}))
    return f"תשובה ל: {words}"


def let_ring(exchange: Exchange, *people: tuple[str, str, When, Person], ring_s: int = 20) -> None:
    """Business A has these rung, in this order: a name, a number, when, and what they do."""
    with exchange.town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        chosen = Chosen(tuple(Reachable(*one[:3]) for one in people), ring_s)
        reachable.change(tx, tenant, caller_for_job(tenant), chosen)
    exchange.phones[A].people = {phone: person for _, phone, _, person in people}


def close_today(exchange: Exchange, *, is_closed: bool = True) -> None:
    """The business says that it is closed around today, or always open."""
    today = datetime.now(ZoneInfo("Asia/Jerusalem")).date()
    day = timedelta(days=1)
    days = [SpecialDay(first=today - day, last=today + day)] if is_closed else []
    with exchange.town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        jobs = Jobs(exchange.town.database, exchange.town.settings.secret("partitions"))
        body = HoursBody(week=None, holidays=[], eve="usual", days=days)
        opening.replace(tx, jobs, tenant, caller_for_job(tenant), body)


def suspend(exchange: Exchange, *, is_suspended: bool = True) -> None:
    with exchange.town.database.transaction() as tx:
        status = "suspended" if is_suspended else "active"
        tx.execute(update(Business).where(Business.id == A).values(status=status))


def rung(exchange: Exchange, line: Line) -> list[CallTransfer]:
    key = exchange.kept(line).id
    mine = select(CallTransfer).where(CallTransfer.call_id == key)
    return exchange.rows(mine.order_by(CallTransfer.number))


def results(exchange: Exchange, line: Line) -> list[tuple[str, str | None]]:
    return [(row.name, row.result) for row in rung(exchange, line)]


def notices(exchange: Exchange, line: Line) -> list[str]:
    """The kinds of what people of the business were told of a call."""
    of_line = select(Conversation.id).where(Conversation.contact_key == line.sid)
    mine = select(Notification).where(Notification.conversation_id.in_(of_line))
    return [row.kind for row in exchange.rows(mine.order_by(Notification.id))]
