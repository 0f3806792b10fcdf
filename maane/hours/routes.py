"""``/api/business/current/hours``."""

from __future__ import annotations

from typing import cast

from flask import current_app

from maane.hours import contract, operations
from maane.jobs.queue import Jobs
from maane.kit.db import now
from maane.kit.endpoint import Routes, tx
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("hours", __name__, url_prefix="/api/business/current/hours")


@routes.declare("GET", "", access=BUSINESS, returns=contract.BusinessHours)
def get_hours() -> contract.BusinessHours:
    """When this business is there, and which days of the next year are not as their weekdays."""
    return _shown()


@routes.declare("PUT", "", access=BUSINESS, body=contract.HoursBody, returns=contract.BusinessHours)
def replace_hours(body: contract.HoursBody) -> contract.BusinessHours:
    """Replaces all of it, from the next answer on."""
    jobs = cast("Jobs", current_app.extensions["maane.jobs"])
    operations.replace(tx(), jobs, tenant(), caller(), body)
    return _shown()


def _shown() -> contract.BusinessHours:
    row = operations.find_row(tx(), tenant())
    hours = operations.hours_in(tenant(), row)
    return contract.hours_of(hours, row, now(), tenant().language)
