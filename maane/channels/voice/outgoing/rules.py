"""Whether a lead may be called now, by every rule, before anything is asked of Twilio."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from maane.calls import outgoing as calls
from maane.channels.voice import connection
from maane.channels.voice.models import VoiceChannel
from maane.channels.voice.outgoing import quiet
from maane.channels.voice.outgoing.limits import Limits, limits_of
from maane.channels.voice.outgoing.numbers import problem_of
from maane.conversations import identity
from maane.hours import operations as opening
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict
from maane.leads.models import Lead
from maane.settings import Settings
from maane.tenancy.access import Tenant

Speaker = Literal["assistant", "person"]
Obstacle = Literal[
    "call_not_connected",
    "call_unreadable",
    "call_no_public_url",
    "call_off",
    "call_no_number",
    "call_number",
    "call_premium",
    "call_country",
    "call_running",
    "call_quiet_hours",
    "call_daily_limit",
    "call_opted_out",
]
RING_S = 30
"""So long a phone rings; a carrier's voicemail often takes the call a little later."""
MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules say of a lead now. ``obstacle`` is the first that refuses whoever would speak.
    ``has_opted_out``: they asked for no automatic messages, so the assistant does not call them, and a
    person has to say that they want to."""

    limits: Limits
    channel: VoiceChannel | None
    token: str | None
    obstacle: Obstacle | None
    has_opted_out: bool
    quiet_until: datetime | None


def standing_of(tx: Transaction, tenant: Tenant, settings: Settings, lead: Lead) -> Standing:
    limits = limits_of(tx, tenant, settings)
    channel = connection.connected(tx, tenant)
    token = None if channel is None else connection.token_of(settings, channel)
    hours, at = opening.hours_of(tx, tenant), now()
    obstacle: Obstacle | None = None
    if channel is None:
        obstacle = "call_not_connected"
    elif token is None:
        obstacle = "call_unreadable"
    elif not settings.public_url:
        obstacle = "call_no_public_url"
    elif limits.most_today == 0:
        obstacle = "call_off"
    elif lead.phone is None:
        obstacle = "call_no_number"
    elif (problem := problem_of(lead.phone, limits.allowed)) is not None:
        obstacle = problem
    elif calls.is_running(tx, tenant, lead.id, lead.phone, longest(settings)):
        obstacle = "call_running"
    elif quiet.is_quiet(limits.quiet, hours, at):
        obstacle = "call_quiet_hours"
    elif limits.asked_today >= limits.most_today:
        obstacle = "call_daily_limit"
    is_quiet = obstacle == "call_quiet_hours"
    return Standing(
        limits=limits,
        channel=channel,
        token=token,
        obstacle=obstacle,
        has_opted_out=identity.has_opted_out(tx, tenant, lead.id),
        quiet_until=quiet.ends_at(limits.quiet, hours, at) if is_quiet else None,
    )


def refuse(standing: Standing, speaker: Speaker, *, despite_opt_out: bool) -> None:
    """Raises ``Conflict`` with the rule that refuses a call."""
    if standing.obstacle is not None:
        raise Conflict(standing.obstacle)
    if standing.has_opted_out and speaker == "assistant":
        raise Conflict("call_opted_out")
    if standing.has_opted_out and not despite_opt_out:
        raise Conflict("call_opted_out_unconfirmed")


def longest(settings: Settings) -> timedelta:
    """After so long a call that was asked for has ended, whoever told of it."""
    return timedelta(minutes=settings.call_minutes, seconds=2 * RING_S) + MARGIN
