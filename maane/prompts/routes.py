"""``/api/business/current/prompt``."""

from __future__ import annotations

from maane.kit.endpoint import Routes, tx
from maane.prompts import contract, operations
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("prompts", __name__, url_prefix="/api/business/current/prompt")


@routes.declare("GET", "", access=BUSINESS, returns=contract.Prompts)
def get_prompts() -> contract.Prompts:
    """The two prompts that serve now."""
    return contract.prompts_of(operations.current_prompts(tx(), tenant()))


@routes.declare("PUT", "", access=BUSINESS, body=contract.PromptsBody, returns=contract.Prompts)
def replace_prompts(body: contract.PromptsBody) -> contract.Prompts:
    """Saves both prompts as a new version; equal texts make none."""
    return contract.prompts_of(operations.replace_prompts(tx(), tenant(), caller(), body))
