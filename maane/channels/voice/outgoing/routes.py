"""Calls to leads: whether one may be called, calling it, the limits of it, and what Twilio asks then."""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from maane.calls import contract as call_contract
from maane.calls import reading
from maane.channels.voice.outgoing import contract, limits, rules
from maane.channels.voice.outgoing.placing import CallBacks
from maane.jobs.queue import Jobs
from maane.kit.endpoint import Routes, database, tx
from maane.kit.turns import resting
from maane.leads import operations as leads
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant

lead_routes = Routes("lead_calls", __name__, url_prefix="/api/business/current/leads")
phone_routes = Routes("outgoing", __name__, url_prefix="/api/business/current/phone/outgoing")


@lead_routes.declare("GET", "/<id:lead_id>/call-back", access=BUSINESS, returns=contract.CallBack)
def get_call_back(lead_id: int) -> contract.CallBack:
    """Whether a lead can be called back now, and why not."""
    lead = leads.get_lead(tx(), tenant(), lead_id)
    standing = rules.standing_of(tx(), tenant(), _settings(), lead)
    return contract.call_back_of(lead.phone, standing)


@lead_routes.declare(
    "POST",
    "/<id:lead_id>/call-back",
    access=BUSINESS,
    body=contract.CallBackBody,
    returns=call_contract.CallDetail,
    status=201,
    transaction=None,
)
def call_back(lead_id: int, body: contract.CallBackBody) -> call_contract.CallDetail:
    """Calls a lead, once. A call that Twilio did not take says so itself."""
    environ = request.environ
    call_backs = CallBacks(database(), _settings(), _jobs(), lambda: resting(environ))
    call_id = call_backs.call(tenant(), caller(), lead_id, body)
    with database().transaction(tenant().id, writes=False) as transaction:
        return call_contract.detail_of(reading.open_call(transaction, tenant(), call_id))


@phone_routes.declare("GET", "", access=BUSINESS, returns=contract.OutgoingSettings)
def get_outgoing_settings() -> contract.OutgoingSettings:
    """Whom this business calls, when, and how often."""
    return _limits()


@phone_routes.declare(
    "PUT",
    "",
    access=BUSINESS,
    body=contract.OutgoingSettingsBody,
    returns=contract.OutgoingSettings,
)
def replace_outgoing_settings(body: contract.OutgoingSettingsBody) -> contract.OutgoingSettings:
    """Changes it from the next call on."""
    limits.change(tx(), tenant(), caller(), _settings(), body.values())
    return _limits()


def _limits() -> contract.OutgoingSettings:
    found = limits.limits_of(tx(), tenant(), _settings())
    return contract.settings_of(found, _settings().outgoing_calls_per_day)


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])


def _jobs() -> Jobs:
    return cast("Jobs", current_app.extensions["maane.jobs"])
