"""The assistant's tools for appointments, and how what they were asked for becomes true.

Offering reads at once. Booking and cancelling look at once whether they could be done, and tell the
model; they are done in the transaction that decides on the reply, in which somebody else may have been
faster. What the customer is told of it is made there from the rows (``appointments.words``), never by
the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, NaiveDatetime

from maane.appointments import availability, words
from maane.appointments import operations as appointments
from maane.appointments.operations import Customer
from maane.appointments.times import Part
from maane.assistant.model import Arguments, Tool, plain
from maane.conversations import operations as conversations
from maane.hours.contract import EARLIEST, LATEST
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import Conflict
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job

MOST_OFFERED = 24
MOST_OFFERED_TO_CUSTOMER = 6
RULES = (
    "Appointments: at this business it is now {now}. When somebody wants an appointment, look up free "
    "times with offer_times, name a few, and let them choose. Once they chose one, call book_time; to "
    "give one up call cancel_time; to move one call both in the same turn. The person then gets the "
    "outcome from the system in place of your words, so end after it. You never say yourself that an "
    "appointment is booked, moved or cancelled."
)


class OfferTimes(Arguments):
    """Leave out what the person does not mind about."""

    from_day: Annotated[
        date | None,
        Field(ge=EARLIEST, le=LATEST, description="The first day that suits, YYYY-MM-DD"),
    ] = None
    part_of_day: Part | None = None


class BookTime(Arguments):
    starts_at: Annotated[
        NaiveDatetime,
        Field(
            ge=datetime.combine(EARLIEST, datetime.min.time()),
            le=datetime.combine(LATEST, datetime.min.time()),
            description="The beginning as offer_times gave it, YYYY-MM-DDTHH:MM",
        ),
    ]
    note: Annotated[
        str,
        AfterValidator(plain),
        Field(max_length=300, description="What it is for, for the staff, in a few words"),
    ] = ""


class CancelTime(Arguments):
    appointment_id: Annotated[
        int, Field(ge=1, le=2**63 - 1, description="An id among the person's own of offer_times")
    ]


@dataclass(slots=True)
class Wishes:
    """What a turn asked for: times with what they are for, appointments to give up, and the last time
    that could not be had, with the reason. ``is_claimed``: it asked for nothing and said that something
    was done. ``language`` is the one to answer the customer in. ``outcome`` is what people of the
    business are to know, once it is done; of a move, that something was booked."""

    book: dict[datetime, str] = field(default_factory=dict)
    cancel: list[int] = field(default_factory=list)
    refused: tuple[datetime, str | None] | None = None
    is_cancel_refused: bool = False
    is_claimed: bool = False
    language: str = ""
    outcome: Literal["booked", "booking_cancelled"] | None = None

    def __bool__(self) -> bool:
        """True once anything was asked for, done or not, or claimed: the reply is not the model's."""
        asked = self.book or self.cancel or self.refused or self.is_cancel_refused
        return bool(asked or self.is_claimed)


def rules(timezone: str) -> str:
    """What the model is told beside the rules of every turn."""
    return RULES.format(now=f"{now().astimezone(ZoneInfo(timezone)):%A, %Y-%m-%d %H:%M}")


def tools_for(
    database: Database, tenant: Tenant, conversation_id: int, wishes: Wishes
) -> Sequence[Tool]:
    """The tools of one turn in one conversation, which write into ``wishes``."""
    zone = ZoneInfo(tenant.timezone)

    def reading(look: Callable[[Transaction, Tenant, Customer], str]) -> str:
        with database.transaction(tenant.id, writes=False) as tx:
            same = tenant_for_job(tx, tenant.id)
            return look(tx, same, _customer(tx, same, conversation_id))

    def offer_times(arguments: OfferTimes) -> str:
        def look(tx: Transaction, tenant: Tenant, customer: Customer) -> str:
            own = appointments.upcoming_of(tx, tenant, customer)
            return _told(
                zone,
                free=_free(tx, tenant, arguments.from_day, arguments.part_of_day),
                own=[{"id": row.id, "starts_at": _wall(row.starts_at, zone)} for row in own],
            )

        return reading(look)

    def book_time(arguments: BookTime) -> str:
        starts_at = arguments.starts_at.replace(tzinfo=zone).astimezone(UTC)

        def look(tx: Transaction, tenant: Tenant, customer: Customer) -> str:
            try:
                appointments.check_offered(
                    tx, tenant, starts_at, customer, instead_of=wishes.cancel
                )
            except Conflict as problem:
                wishes.refused = (starts_at, problem.reason)
                return _told(
                    zone,
                    nothing_was_booked=problem.reason,
                    free=_free(tx, tenant, arguments.starts_at.date()),
                )
            wishes.book[starts_at] = arguments.note
            return "Asked for. The person gets the outcome from the system. End now."

        return reading(look)

    def cancel_time(arguments: CancelTime) -> str:
        def look(tx: Transaction, tenant: Tenant, customer: Customer) -> str:
            own = {row.id for row in appointments.upcoming_of(tx, tenant, customer)}
            if arguments.appointment_id not in own:
                wishes.is_cancel_refused = True
                return "Nothing was cancelled: the person has no such appointment to come."
            if arguments.appointment_id not in wishes.cancel:
                wishes.cancel.append(arguments.appointment_id)
            return (
                "Asked for. The person gets the outcome from the system. End, or book the new time."
            )

        return reading(look)

    return (
        Tool(
            "offer_times",
            "The next free times for an appointment, on the business's wall clock, and the appointments "
            "that this person has. Offer only these.",
            OfferTimes,
            offer_times,
        ),
        Tool("book_time", "Books one of the free times for this person.", BookTime, book_time),
        Tool(
            "cancel_time",
            "Cancels an appointment of this person. To move one, cancel it and book the new time.",
            CancelTime,
            cancel_time,
        ),
    )


def settle(tx: Transaction, tenant: Tenant, conversation_id: int, wishes: Wishes) -> str:
    """Books and cancels what a turn asked for, in the transaction that decides on its reply, and returns
    what the customer is told: what is true now and nothing else.

    An appointment that was to make room for another is given up only where that other is booked. Locks
    the business, so call it before anything that locks a lead.
    """
    # Of an earlier try, which was rolled back.
    wishes.outcome = None
    language = wishes.language
    if wishes.is_claimed:
        own_rows = appointments.upcoming_of(tx, tenant, _customer(tx, tenant, conversation_id))
        return words.standing(tenant, own_rows, language)
    if not tenancy.lock_and_look(tx, tenant):
        return words.nothing_done(language)
    customer = _customer(tx, tenant, conversation_id)
    own = {row.id for row in appointments.upcoming_of(tx, tenant, customer)}
    given_up = [key for key in wishes.cancel if key in own]
    told: list[str] = []
    is_refused = False
    for starts_at, note in wishes.book.items():
        try:
            row = appointments.book_offered(
                tx, tenant, caller_for_job(tenant), starts_at, customer, note, instead_of=given_up
            )
            told.append(words.confirmation(tx, tenant, row.id, language))
            wishes.outcome = "booked"
        except Conflict as problem:
            is_refused = True
            told.append(_refusal(tx, tenant, starts_at, problem.reason, language))
    if wishes.refused is not None and not wishes.book:
        is_refused = True
        told.append(_refusal(tx, tenant, *wishes.refused, language))
    for key in given_up:
        if is_refused:
            told.append(words.keeping(tx, tenant, key, language))
        else:
            appointments.cancel(tx, tenant, caller_for_job(tenant), key)
            told.append(words.cancellation(tx, tenant, key, language))
            wishes.outcome = wishes.outcome or "booking_cancelled"
    if len(given_up) < len(wishes.cancel) or (wishes.is_cancel_refused and not told):
        told.append(words.nothing_cancelled(language))
    return "\n\n".join(told)


def _refusal(
    tx: Transaction, tenant: Tenant, starts_at: datetime, reason: str | None, language: str
) -> str:
    said = words.refusal(tenant, reason, starts_at, language)
    if reason == "too_many_booked":
        return said
    rules, _ = availability.get_rules(tx, tenant)
    day = starts_at.astimezone(rules.zone).date()
    free = availability.offered_times(tx, tenant, rules, day, limit=MOST_OFFERED_TO_CUSTOMER)
    if not free:
        free = availability.offered_times(tx, tenant, rules, limit=MOST_OFFERED_TO_CUSTOMER)
    return f"{said}\n{words.free_times(tenant, free, language)}"


def _customer(tx: Transaction, tenant: Tenant, conversation_id: int) -> Customer:
    lead_id = conversations.lead_id_of(tx, tenant, conversation_id)
    return Customer(conversation_id=conversation_id, lead_id=lead_id)


def _free(
    tx: Transaction, tenant: Tenant, from_day: date | None, part: Part | None = None
) -> list[str]:
    rules, _ = availability.get_rules(tx, tenant)
    spans = availability.offered_times(tx, tenant, rules, from_day, part, limit=MOST_OFFERED)
    return [_wall(span.starts_at, rules.zone) for span in spans]


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%A %Y-%m-%dT%H:%M}"


def _told(zone: ZoneInfo, **values: Any) -> str:
    return json.dumps({"now": _wall(now(), zone)} | values, ensure_ascii=False)
