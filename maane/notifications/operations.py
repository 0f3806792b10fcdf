"""Tell the people of a business that a customer needs them, and escalate when nobody comes.

A notification is stored in the transaction of what it tells of, with one job for each way out of the
app and, for a handover, the job that looks again when its time has come. So it can be lost no more than
the handover itself, and a transaction that is run again tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from maane.conversations import away, escalation, ownership
from maane.conversations import operations as conversations
from maane.conversations.models import Conversation
from maane.hours import calendar
from maane.hours import operations as opening
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, NotFound, Throttled
from maane.notifications import store, words
from maane.notifications.models import Delivery, Kind, Notification, NotificationSettings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

MAIL_JOB = "send notification by e-mail"
WHATSAPP_JOB = "send notification by whatsapp"
ESCALATE_JOB = "escalate handover"
HANDOVERS = ("handed_over", ownership.AWAY)
"""Reasons to be silent after which somebody is to come."""
KINDS_OF_HANDOVERS = (*HANDOVERS, "transfer_missed")
JOBS = {"email": MAIL_JOB, "whatsapp": WHATSAPP_JOB}
DEFAULT_ESCALATE_AFTER_MIN = 15
BETWEEN_TESTS_S = 10
INTERRUPTED = "interrupted"
"""It was begun to be sent, and nobody knows whether it arrived; it is not sent again."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a business wants to be told, and after how long again."""

    emails: Sequence[str] = ()
    owner_phone: str | None = None
    escalate_after_min: int = DEFAULT_ESCALATE_AFTER_MIN
    escalation_email: str | None = None

    def recipients(self, *, is_escalation: bool) -> list[tuple[str, str]]:
        """Ways and addresses; nobody is told the same thing twice."""
        emails = {email.lower(): email for email in self.emails}
        if is_escalation and self.escalation_email is not None:
            emails.setdefault(self.escalation_email.lower(), self.escalation_email)
        ways = [("email", email) for email in emails.values()]
        return ways + ([] if self.owner_phone is None else [("whatsapp", self.owner_phone)])


@dataclass(frozen=True, slots=True)
class Listed:
    """A notification with what stands beside it on the screen of one user."""

    row: Notification
    conversation: Conversation
    deliveries: Sequence[Delivery]
    is_read: bool


def tell_of_answer(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    conversation: Conversation,
    *,
    is_taken: bool,
    appointment: Literal["booked", "booking_cancelled"] | None,
    was_handed_over: bool = False,
) -> None:
    """Tells that the answer that was just decided on handed the conversation over, or was the away text
    of a closed business, or, with ``is_taken``, that a message was taken and a call back promised; and
    what it did to an appointment. ``was_handed_over``: the conversation was a person's before, as that of
    a call may be which goes on. Asks the database nothing where it did nothing of this."""
    if appointment is not None:
        _tell(tx, jobs, tenant, appointment, conversation, conversation.last_message_id)
    if was_handed_over:
        if is_taken:
            _tell(tx, jobs, tenant, "message_taken", conversation, conversation.last_message_id)
    elif conversations.is_silent(conversation) and conversation.silence_reason == "handed_over":
        _tell(tx, jobs, tenant, "handed_over", conversation, conversation.last_message_id)
    elif conversation.silence_reason == ownership.AWAY:
        _tell(tx, jobs, tenant, "away", conversation, conversation.last_message_id)
    elif is_taken:
        _tell(tx, jobs, tenant, "message_taken", conversation, conversation.last_message_id)


def is_told_of(tx: Transaction, tenant: Tenant, message_id: int) -> bool:
    """True where people were told of something that this message says to its customer."""
    return store.is_told_of(tx, tenant, message_id)


def tell_of_missed_transfer(
    tx: Transaction, jobs: Jobs, tenant: Tenant, conversation: Conversation, message_id: int
) -> None:
    """Tells, once, that a caller was put through and nobody came; ``message_id`` is the one that said so
    to the caller. It escalates as any handover."""
    _tell(tx, jobs, tenant, "transfer_missed", conversation, message_id)


def tell_of_failure(
    tx: Transaction, jobs: Jobs, tenant: Tenant, conversation_id: int, message_id: int
) -> None:
    """Tells that a customer has no answer: ``message_id`` is the one of ours that was not sent, or theirs
    for which there is none. Says nothing where nobody waits."""
    conversation = conversations.lock(tx, tenant, conversation_id)
    if conversation.is_waiting:
        _tell(tx, jobs, tenant, "unanswered", conversation, message_id)


def tell_of_unsent(tx: Transaction, jobs: Jobs, tenant: Tenant, message_id: int) -> None:
    """As ``tell_of_failure``, for a message of ours that was given up."""
    message = conversations.find_message(tx, tenant, message_id)
    if message is not None and message.status == "failed":
        tell_of_failure(tx, jobs, tenant, message.conversation_id, message.id)


def tell_of_refusal(
    tx: Transaction, jobs: Jobs, tenant: Tenant, external_id: str, error: str | None
) -> None:
    """What follows when the provider says that it could not bring something it had taken: a message of
    ours, or a notification to the owner's phone."""
    message = conversations.message_of_event(tx, tenant, external_id)
    if message is not None:
        tell_of_unsent(tx, jobs, tenant, message.id)
        return
    delivery = store.find_delivery_at_provider(tx, tenant, external_id)
    if delivery is not None:
        values = {"status": "failed", "reason": "refused", "detail": error}
        store.move_delivery(tx, tenant, delivery.id, ("sent",), values)


def escalate(tx: Transaction, jobs: Jobs, tenant: Tenant, notification_id: int) -> timedelta | None:
    """Escalates a handover that nobody answered, once its time has come by the hours as they are now:
    everybody is told again, and so is the customer, unless somebody has taken the conversation over: what
    is said there is theirs to say. How long there is to wait, or None when there is nothing to do any
    more."""
    notification = store.find_notification(tx, tenant, notification_id)
    if notification is None or notification.escalates_at is None:
        return None
    at = now()
    notification.escalates_at = _due_again(tx, tenant, notification) or notification.escalates_at
    tx.flush()
    if at < notification.escalates_at:
        return notification.escalates_at - at
    conversation = conversations.lock(tx, tenant, notification.conversation_id)
    if store.is_told(tx, tenant, "escalated", notification.message_id):
        # Hours that changed brought a second look, or a third.
        return None
    if not tenancy.is_active(tx, tenant):
        return None
    customer_told = None
    if _is_still_waiting(conversation, notification):
        wrote = escalation.last_words(tx, tenant, conversation)
        told = escalation.escalate(
            tx, jobs, tenant, conversation, words.apology(wrote, tenant.language)
        )
        customer_told = _told(conversation, was_told=told is not None)
    elif not _is_taken_in_silence(tx, tenant, conversation, notification):
        return None
    _tell(
        tx,
        jobs,
        tenant,
        "escalated",
        conversation,
        notification.message_id,
        customer_told=customer_told,
    )
    return None


def _told(conversation: Conversation, *, was_told: bool) -> str | None:
    """What became of the word to the customer; nobody is written to in a call."""
    if conversation.is_spoken:
        return None
    return "queued" if was_told else "window_closed"


def follow_hours(tx: Transaction, jobs: Jobs, tenant: Tenant) -> None:
    """Gives all who wait for an opening the time that the hours, which were just changed, have for it.
    One that has become earlier is looked at by a job more; the first one finds that it was."""
    hours = opening.find_row(tx, tenant)
    if hours is None:
        return
    away.follow_hours(tx, tenant, opening.hours_in(tenant, hours))
    for notification in store.list_due_after(tx, tenant, now()):
        before, due = notification.escalates_at, _due_again(tx, tenant, notification)
        if before is None or due is None or due == before:
            continue
        notification.escalates_at = due
        if due < before:
            cause = f"{hours.updated_at:%Y%m%d%H%M%S%f}"
            key, line = notification.id, f"escalation:{notification.id}"
            jobs.enqueue_turn(tx, ESCALATE_JOB, tenant.id, key, line, because=cause)
    tx.flush()


def _is_still_waiting(conversation: Conversation, notification: Notification) -> bool:
    """True while it is the same handover, and nobody took over, closed it or gave it back."""
    return (
        conversation.status == "open"
        and conversation.is_waiting
        and conversation.silence_reason in HANDOVERS
        and conversation.owned_at == notification.handed_over_at
        and conversation.escalated_at is None
    )


def _is_taken_in_silence(
    tx: Transaction, tenant: Tenant, conversation: Conversation, notification: Notification
) -> bool:
    """True while somebody has taken over what was handed over last, and said nothing."""
    newest_id = store.newest_of(tx, tenant, conversation.id, KINDS_OF_HANDOVERS)
    return (
        conversation.status == "open"
        and conversation.is_waiting
        and conversation.silence_reason == "took_over"
        and newest_id == notification.id
    )


def _tell(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    kind: Kind,
    conversation: Conversation,
    message_id: int,
    *,
    customer_told: str | None = None,
) -> None:
    chosen = settings_of(tx, tenant)
    at = now()
    is_handover = kind in KINDS_OF_HANDOVERS
    after_min = chosen.escalate_after_min if is_handover else None
    values = {
        "kind": kind,
        "conversation_id": conversation.id,
        "message_id": message_id,
        "handed_over_at": conversation.owned_at if is_handover or kind == "escalated" else None,
        "escalates_at": None if after_min is None else _due_at(tx, tenant, at, after_min),
        "escalate_after_min": after_min,
        "customer_told": customer_told,
        "created_at": at,
    }
    notification_id = store.add_once(tx, tenant, values)
    if notification_id is None:
        return
    recipients = chosen.recipients(is_escalation=kind == "escalated")
    if conversation.channel == "simulator":
        # Whoever tries the assistant out looks at the screen; nobody is called out for it.
        recipients = []
    for delivery_id, way in store.add_deliveries(tx, tenant, notification_id, recipients):
        jobs.enqueue_turn(tx, JOBS[way], tenant.id, delivery_id, f"notice:{delivery_id}")
    if is_handover:
        jobs.enqueue_turn(
            tx, ESCALATE_JOB, tenant.id, notification_id, f"escalation:{notification_id}"
        )


def _due_at(tx: Transaction, tenant: Tenant, at: datetime, after_min: int) -> datetime:
    """When a handover of an instant escalates: while a business is closed nobody is late."""
    counted_from = calendar.counted_from(opening.hours_of(tx, tenant), at)
    return counted_from + timedelta(minutes=after_min)


def _due_again(tx: Transaction, tenant: Tenant, notification: Notification) -> datetime | None:
    """The same by the hours as they are now; None where no hours were ever said."""
    after_min = notification.escalate_after_min
    if after_min is None or opening.find_row(tx, tenant) is None:
        return None
    return _due_at(tx, tenant, notification.created_at, after_min)


def settings_of(tx: Transaction, tenant: Tenant) -> Chosen:
    """What a business chose, or the defaults."""
    row = store.find_settings(tx, tenant)
    if row is None:
        return Chosen()
    return Chosen(tuple(row.emails), row.owner_phone, row.escalate_after_min, row.escalation_email)


def change_settings(tx: Transaction, tenant: Tenant, caller: Caller, chosen: Chosen) -> None:
    """Changes it from the next notification on. A handover that waits already keeps its time."""
    tenancy.lock(tx, tenant)
    if settings_of(tx, tenant) == chosen:
        return
    row = store.find_settings(tx, tenant)
    if row is None:
        row = NotificationSettings(business_id=tenant.id, emails=[], updated_at=now())
        row.escalate_after_min = DEFAULT_ESCALATE_AFTER_MIN
        store.add_settings(tx, row)
    row.emails, row.owner_phone = list(chosen.emails), chosen.owner_phone
    row.escalate_after_min = chosen.escalate_after_min
    row.escalation_email, row.updated_at = chosen.escalation_email, now()
    tx.flush()
    audit.record(tx, caller, "notifications.changed", f"business:{tenant.id} notifications")


def begin_test(tx: Transaction, tenant: Tenant, caller: Caller, email: str) -> words.Letter:
    """The text of a test e-mail that may be sent now. Raises ``Conflict`` (``not_saved``) for an address
    that the business did not save, so that nobody writes to strangers with it, and ``Throttled``."""
    tenancy.lock(tx, tenant)
    row = store.find_settings(tx, tenant)
    saved = [] if row is None else [*row.emails, row.escalation_email or ""]
    if row is None or email.lower() not in {address.lower() for address in saved}:
        raise Conflict("not_saved")
    at = now()
    since = timedelta(seconds=BETWEEN_TESTS_S) if row.tested_at is None else at - row.tested_at
    if since < timedelta(seconds=BETWEEN_TESTS_S):
        raise Throttled(retry_after=BETWEEN_TESTS_S)
    row.tested_at = at
    tx.flush()
    audit.record(tx, caller, "notifications.tested", f"business:{tenant.id} notifications")
    return words.trial(tenant.language, tenant.name)


def list_notifications(
    tx: Transaction, tenant: Tenant, caller: Caller, *, limit: int, after: str | None
) -> tuple[list[Listed], str | None]:
    """Newest first, with as many queries for fifty as for one."""
    rows, following = store.list_notifications(tx, tenant, limit=limit, after=after)
    keys = [row.id for row in rows]
    deliveries = store.deliveries_of(tx, tenant, keys)
    read = store.read_by(tx, tenant, caller.user_id, keys)
    about = store.conversations_of(tx, tenant, [row.conversation_id for row in rows])
    items = [
        Listed(row, about[row.conversation_id], deliveries.get(row.id, ()), row.id in read)
        for row in rows
    ]
    return items, following


def unread(tx: Transaction, tenant: Tenant, caller: Caller) -> tuple[int, int]:
    """How many the caller has not read, and the id of the newest of all (0: none)."""
    newest, _ = store.list_notifications(tx, tenant, limit=1, after=None)
    return store.count_unread(tx, tenant, caller.user_id), newest[0].id if newest else 0


def mark_read(tx: Transaction, tenant: Tenant, caller: Caller, notification_id: int) -> None:
    """Notes that the caller has read one. Raises ``NotFound``."""
    if store.find_notification(tx, tenant, notification_id) is None:
        raise NotFound
    if caller.user_id is not None:
        store.mark_read(tx, tenant, caller.user_id, [notification_id])


def mark_read_up_to(tx: Transaction, tenant: Tenant, caller: Caller, notification_id: int) -> None:
    """Notes that the caller has read this one and all before it."""
    if caller.user_id is not None:
        keys = store.list_unread(tx, tenant, caller.user_id, notification_id)
        store.mark_read(tx, tenant, caller.user_id, keys)


def window_of_phone(
    tx: Transaction, tenant: Tenant, phone: str | None
) -> tuple[str, datetime] | None:
    """How the owner's phone is known to the provider, and until when it takes free text; None where it
    takes none. Its owner opens the window as a customer does, by writing to the business's number."""
    if phone is None:
        return None
    conversation = store.find_conversation_of_phone(tx, tenant, phone)
    closes_at = None if conversation is None else ownership.window_closes_at(conversation)
    if conversation is None or closes_at is None or closes_at <= now():
        return None
    return conversation.contact_key, closes_at
