"""``/api/business/current/attachments``: the files themselves."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, send_file

from maane.kit.endpoint import Routes, tx
from maane.kit.errors import NotFound, Unavailable
from maane.media import kinds, operations
from maane.media.files import Files
from maane.media.names import download_name
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, tenant

routes = Routes("media", __name__, url_prefix="/api/business/current/attachments")

SANDBOX = "sandbox; default-src 'none'"


@routes.declare("GET", "/<id:attachment_id>", access=BUSINESS, returns=kinds.UNKNOWN)
def get_attachment(attachment_id: int) -> Response:
    """A file that a customer sent, or the range of it that was asked for."""
    row = operations.get(tx(), tenant(), attachment_id)
    if row.status != "stored":
        raise NotFound
    place = Files(_settings().media_folder).path(row.business_id, row.file_key)
    content_type = row.content_type or kinds.UNKNOWN
    try:
        response = send_file(
            place,
            mimetype=content_type,
            as_attachment=content_type not in kinds.INLINE,
            download_name=download_name(row.file_name, row.kind, content_type),
            etag=row.sha256 or False,
            conditional=True,
        )
    except FileNotFoundError:
        # The database knows it and this machine has it not: its folder is not the one that is shared.
        raise Unavailable("file") from None
    # Kept by the browser alone, and shown again only after the guard has looked again.
    response.cache_control.private = True
    response.headers.add("Content-Security-Policy", SANDBOX)
    return response


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])
