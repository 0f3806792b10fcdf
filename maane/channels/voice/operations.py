"""Whose call it is, by signature; what Twilio reports of its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prometheus_client import Counter

from maane.calls import outgoing
from maane.calls.operations import Ring, Way
from maane.channels import inbox
from maane.channels.twilio import account_of, addresses, fields_of, is_signed, read_form
from maane.channels.voice import connection, watching
from maane.channels.voice import settings as choices
from maane.channels.voice.closing import close
from maane.channels.voice.connection import PROVIDER
from maane.channels.voice.payload import ENGINE, TEXT, duration_of, own_number_of, ring_of
from maane.channels.voice.simulator.account import account_of as simulator_of
from maane.channels.voice.simulator.account import business_of as business_of_simulator
from maane.jobs.queue import Jobs
from maane.kit.db import Database
from maane.kit.errors import InvalidSignature, NotFound
from maane.kit.logging import LOG
from maane.settings import Settings
from maane.tenancy.access import tenant_for_job

UNKNOWN_NUMBERS = Counter(
    "maane_voice_unknown_number_total", "Calls to a number that no business has."
)


class UnknownNumber(Exception):
    """A request about a number that no business has: there is no token to ask for its signature."""


@dataclass(frozen=True, slots=True)
class Told:
    """A request that was found to be signed by a business's own account at Twilio, or by its account of
    the simulator (``is_simulated``)."""

    business_id: int
    fields: dict[str, str]
    is_simulated: bool = False

    @property
    def ring(self) -> Ring:
        """The call that it is about."""
        ring = ring_of(self.fields)
        return replace(ring, channel="simulator") if self.is_simulated else ring

    @property
    def engine(self) -> str | None:
        """The engine that a simulated call asks for in place of the business's own."""
        asked = self.fields.get(ENGINE, "")
        return asked if self.is_simulated and asked in choices.ENGINES else None


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose a number is: who must have signed what is told of it."""

    business_id: int
    account_sid: str | None
    number: str | None
    token: str
    is_simulated: bool = False


def verify(
    database: Database,
    settings: Settings,
    *,
    raw: bytes,
    mimetype: str,
    path: str,
    query: str,
    signature: str,
) -> Told:
    """Whose request it is. The business's number tells whose token must have signed it; then account and
    number are those that this business connected. Raises ``InvalidSignature`` and ``UnknownNumber``."""
    form = read_form(raw) if mimetype == "application/x-www-form-urlencoded" else None
    fields = {} if form is None else fields_of(form)
    number = own_number_of(fields)
    subject = "MessageSid" if path == TEXT else "CallSid"
    if form is None or not number or not fields.get(subject):
        raise InvalidSignature
    owner = _owner_of(database, settings, number)
    urls = addresses(settings.own_origins, path, query)
    if not is_signed(owner.token, urls, form, signature):
        raise InvalidSignature
    if (owner.account_sid, owner.number) != (account_of(form), number):
        raise InvalidSignature
    return Told(owner.business_id, fields, owner.is_simulated)


def _owner_of(database: Database, settings: Settings, number: str) -> _Owner:
    simulated = business_of_simulator(number)
    if simulated is not None:
        account = simulator_of(settings, simulated)
        return _Owner(simulated, account.sid, account.number, account.token, is_simulated=True)
    business_id = inbox.business_of_number(database, PROVIDER, number)
    if business_id is None:
        UNKNOWN_NUMBERS.inc()
        LOG.warning("unknown number", provider=PROVIDER)
        raise UnknownNumber
    return _connected(database, settings, business_id)


def verify_of(
    database: Database,
    settings: Settings,
    business_id: int,
    *,
    raw: bytes,
    mimetype: str,
    path: str,
    query: str,
    signature: str,
) -> Told:
    """The same for a request whose form names no number: its address, which is signed too, names the
    business. Raises ``InvalidSignature``."""
    form = read_form(raw) if mimetype == "application/x-www-form-urlencoded" else None
    if form is None or not business_id:
        raise InvalidSignature
    try:
        owner = _connected(database, settings, business_id)
    except NotFound:
        raise InvalidSignature from None
    urls = addresses(settings.own_origins, path, query)
    if not is_signed(owner.token, urls, form, signature) or owner.account_sid != account_of(form):
        raise InvalidSignature
    return Told(business_id, fields_of(form))


def _connected(database: Database, settings: Settings, business_id: int) -> _Owner:
    """Raises ``NotFound`` where there is no such business."""
    with database.transaction(business_id, writes=False) as tx:
        channel = connection.connected(tx, tenant_for_job(tx, business_id))
        if channel is None:
            return _Owner(business_id, None, None, "")
        token = connection.token_of(settings, channel) or ""
        return _Owner(business_id, channel.account_sid, channel.number, token)


def note_status(database: Database, jobs: Jobs, told: Told, *, outgoing_id: int = 0) -> None:
    """Moves a call's status forward; at its end, once, closes it and leaves what follows to a job. A call
    that is not known was never answered here, and is kept as one that was missed. ``outgoing_id``: the
    business made it."""
    ring = told.ring
    with database.transaction(told.business_id) as tx:
        tenant = tenant_for_job(tx, told.business_id)
        if outgoing_id:
            made = outgoing.claim(tx, tenant, outgoing_id, ring)
            if made is not None:
                close(tx, jobs, tenant, made, ring.status, duration_s=duration_of(told.fields))
            return
        chosen = choices.chosen_by(tx, tenant)
        way = Way(chosen.engine, chosen.language, chosen.is_recorded)
        call, _ = watching.begin(tx, jobs, tenant, ring, way)
        close(tx, jobs, tenant, call, ring.status, duration_s=duration_of(told.fields))
