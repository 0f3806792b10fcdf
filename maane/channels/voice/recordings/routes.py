"""``/api/business/current/calls/…/recording``: play, fetch again, delete."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app

from maane.calls import contract, reading
from maane.channels.voice.recordings import operations
from maane.jobs.queue import Jobs
from maane.kit.endpoint import Routes, tx
from maane.media import kinds
from maane.media.files import Files
from maane.media.serving import sent
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("recordings", __name__, url_prefix="/api/business/current/calls")


@routes.declare("GET", "/<id:call_id>/recording", access=BUSINESS, returns=kinds.UNKNOWN)
def get_recording(call_id: int) -> Response:
    """What was recorded of a call, or the range of it that was asked for."""
    row = operations.get_stored(tx(), tenant(), call_id)
    ending = kinds.ENDINGS.get(row.content_type or "", "")
    place = _files().path(row.business_id, row.file_key)
    return sent(place, row.content_type, f"call-{call_id}{ending}", row.sha256)


@routes.declare(
    "POST", "/<id:call_id>/recording/fetch", access=BUSINESS, returns=contract.CallDetail
)
def fetch_recording_again(call_id: int) -> contract.CallDetail:
    """Fetches a recording that could not be had from Twilio again."""
    operations.fetch_again(tx(), _jobs(), tenant(), caller(), call_id)
    return contract.detail_of(reading.open_call(tx(), tenant(), call_id))


@routes.declare("DELETE", "/<id:call_id>/recording", access=BUSINESS, returns=contract.CallDetail)
def delete_recording(call_id: int) -> contract.CallDetail:
    """Deletes what was recorded of a call, here and at Twilio."""
    operations.delete(tx(), _jobs(), _files(), tenant(), caller(), call_id)
    return contract.detail_of(reading.open_call(tx(), tenant(), call_id))


def _files() -> Files:
    return Files(cast("Settings", current_app.extensions["maane.settings"]).media_folder)


def _jobs() -> Jobs:
    return cast("Jobs", current_app.extensions["maane.jobs"])
