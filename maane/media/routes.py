"""``/api/business/current/attachments``: the files themselves."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app

from maane.kit.endpoint import Routes, tx
from maane.kit.errors import NotFound
from maane.media import kinds, operations
from maane.media.files import Files
from maane.media.names import download_name
from maane.media.serving import sent
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, tenant

routes = Routes("media", __name__, url_prefix="/api/business/current/attachments")


@routes.declare("GET", "/<id:attachment_id>", access=BUSINESS, returns=kinds.UNKNOWN)
def get_attachment(attachment_id: int) -> Response:
    """A file that a customer sent, or the range of it that was asked for."""
    row = operations.get(tx(), tenant(), attachment_id)
    if row.status != "stored":
        raise NotFound
    place = Files(_settings().media_folder).path(row.business_id, row.file_key)
    name = download_name(row.file_name, row.kind, row.content_type)
    return sent(place, row.content_type, name, row.sha256)


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])
