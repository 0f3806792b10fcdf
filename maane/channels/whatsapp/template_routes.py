"""``/api/business/current/whatsapp/templates`` and a conversation's templates."""

from __future__ import annotations

from typing import cast

from flask import current_app

from maane.channels.whatsapp import contract, templates
from maane.conversations.contract import Message, message_of
from maane.jobs.queue import Jobs
from maane.kit.endpoint import Routes, database, tx
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("whatsapp_templates", __name__, url_prefix="/api/business/current")


@routes.declare("GET", "/whatsapp/templates", access=BUSINESS, returns=contract.MessageTemplateList)
def list_templates() -> contract.MessageTemplateList:
    """The templates of this business's number, as they were read the last time."""
    return contract.templates_of(templates.list_templates(tx(), tenant()))


@routes.declare(
    "POST",
    "/whatsapp/templates/sync",
    access=BUSINESS,
    returns=contract.MessageTemplateList,
    transaction=None,
)
def sync_templates() -> contract.MessageTemplateList:
    """Reads them from the provider; ``failure`` says why that could not be."""
    templates.sync(database(), _settings(), tenant())
    return _listed()


@routes.declare(
    "PUT",
    "/whatsapp/templates/account",
    access=BUSINESS,
    body=contract.AccountBody,
    returns=contract.MessageTemplateList,
    transaction=None,
)
def name_account(body: contract.AccountBody) -> contract.MessageTemplateList:
    """Names Meta's account of the number, once Meta says that it has the number, and reads its
    templates."""
    templates.name_account(database(), _settings(), tenant(), caller(), body.waba_id)
    templates.sync(database(), _settings(), tenant())
    return _listed()


@routes.declare(
    "POST",
    "/conversations/<id:conversation_id>/templates",
    access=BUSINESS,
    body=contract.TemplateBody,
    returns=Message,
    status=202,
)
def send_template(conversation_id: int, body: contract.TemplateBody) -> Message:
    """A person's message by an approved template: it is sent by a job, and takes the conversation
    over."""
    jobs = cast("Jobs", current_app.extensions["maane.jobs"])
    return message_of(
        templates.send(
            tx(),
            jobs,
            tenant(),
            caller(),
            conversation_id,
            body.template_id,
            body.values,
            body.idempotency_key,
        )
    )


def _listed() -> contract.MessageTemplateList:
    with database().transaction(tenant().id, writes=False) as transaction:
        return contract.templates_of(templates.list_templates(transaction, tenant()))


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])
