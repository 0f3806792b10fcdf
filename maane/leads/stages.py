"""The stages that leads of a business go through: read them, change them, find the one of a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Invalid
from maane.leads import history, store
from maane.leads.contract import StagesBody
from maane.leads.models import LeadStage
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

BUILT_IN = (
    ("new", "open"),
    ("contacted", "open"),
    ("qualified", "open"),
    ("won", "won"),
    ("lost", "lost"),
)
_WORDS = {
    "he": ("חדש", "נוצר קשר", "מתאים", "נסגר", "לא יצא לפועל"),
    "en": ("New", "Contacted", "Qualified", "Won", "Lost"),
}
"""What the built-in ones are called outside the pages, which have words of their own."""
BUILT_IN_KEYS = frozenset(key for key, _ in BUILT_IN)
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Counted:
    """A stage with its leads, counted no further than ``COUNTED``."""

    stage: LeadStage
    leads: int


def list_stages(tx: Transaction, tenant: Tenant) -> list[Counted]:
    """In their order, with how many leads each has."""
    stages = store.list_stages(tx, tenant) or _built_in(tenant)
    counts = store.count_in_stages(tx, tenant, [stage.key for stage in stages], up_to=COUNTED)
    return [Counted(stage, counts[stage.key]) for stage in stages]


def names_of_stages(tx: Transaction, tenant: Tenant) -> dict[str, str]:
    """What people call the stages, by their keys."""
    words = _WORDS.get(tenant.language, _WORDS["en"])
    called = {key: word for (key, _), word in zip(BUILT_IN, words, strict=True)}
    named = {stage.key: stage.name for stage in store.list_stages(tx, tenant) if stage.name}
    return called | named


def stages_for_writing(tx: Transaction, tenant: Tenant) -> dict[str, LeadStage]:
    """The stages by their keys, none of which is removed before the transaction ends. A business that
    is new gets the built-in ones here: the layer that makes businesses knows nothing of leads."""
    stages = store.lock_stages(tx, tenant)
    if not stages:
        rows = [
            {"key": stage.key, "name": None, "position": stage.position, "kind": stage.kind}
            for stage in _built_in(tenant)
        ]
        store.add_stages(tx, tenant, rows)
        stages = store.lock_stages(tx, tenant)
    return {stage.key: stage for stage in stages}


def check_stage(tx: Transaction, tenant: Tenant, key: str) -> None:
    """Raises ``Invalid`` for what is no stage of this business."""
    if key not in {stage.key for stage in store.list_stages(tx, tenant) or _built_in(tenant)}:
        raise unknown_stage()


def unknown_stage() -> Invalid:
    return Invalid.field("status", "unknown_stage", "is no stage of this business")


def first_open(stages: dict[str, LeadStage]) -> LeadStage:
    """Where a new lead begins. ``replace_stages`` leaves no business without one."""
    return next(stage for stage in stages.values() if stage.kind == "open")


def replace_stages(
    tx: Transaction, tenant: Tenant, caller: Caller, body: StagesBody
) -> list[Counted]:
    """Makes these the stages, in this order. What is left out is removed; its leads go where
    ``move_to`` says. Raises ``Invalid``, and ``Conflict("stage_has_leads")`` where it says nothing.
    """
    tenancy.lock(tx, tenant)
    known = stages_for_writing(tx, tenant)
    wanted = [key for stage in body.stages if (key := stage.key) is not None]
    _check(body, wanted, known)
    for position, stage in enumerate(body.stages):
        row = known.get(stage.key or "")
        if row is None:
            values = {"name": stage.name, "position": position, "kind": stage.kind}
            key = stage.key or f"stage_{token_hex(6)}"
            store.add_stages(tx, tenant, [values | {"key": key}])
        else:
            row.name, row.position, row.kind = stage.name, position, stage.kind
    tx.flush()
    for key in known.keys() - set(wanted):
        _remove(tx, tenant, caller, known[key], known.get(body.move_to.get(key, "")))
    audit.record(tx, caller, "leads.stages_changed", "leads")
    return list_stages(tx, tenant)


def _check(body: StagesBody, wanted: list[str], known: dict[str, LeadStage]) -> None:
    if len(set(wanted)) != len(wanted):
        raise Invalid.field("stages", "repeated", "names a stage twice")
    if set(wanted) - known.keys() - BUILT_IN_KEYS:
        raise Invalid.field("stages", "unknown_stage", "names a stage that is not there")
    if any(stage.name is None and stage.key not in BUILT_IN_KEYS for stage in body.stages):
        raise Invalid.field("stages", "stage_name", "a stage of your own needs a name")
    if all(stage.kind != "open" for stage in body.stages):
        raise Invalid.field("stages", "no_open_stage", "leaves no open stage for new leads")
    stays = known.keys() & set(wanted)
    if any(source in wanted or target not in stays for source, target in body.move_to.items()):
        raise Invalid.field("move_to", "unknown_stage", "must lead to a stage that stays")


def _remove(
    tx: Transaction, tenant: Tenant, caller: Caller, stage: LeadStage, to: LeadStage | None
) -> None:
    lead_ids = store.ids_in_stage(tx, tenant, stage.key)
    if lead_ids and to is None:
        raise Conflict("stage_has_leads")
    if to is not None:
        store.move_all(tx, tenant, stage.key, to.key, now())
        history.record(tx, tenant, caller, "moved", lead_ids, before=stage, after=to)
    store.delete_stage(tx, tenant, stage.key)


def _built_in(tenant: Tenant) -> Sequence[LeadStage]:
    return [
        LeadStage(business_id=tenant.id, key=key, name=None, position=position, kind=kind)
        for position, (key, kind) in enumerate(BUILT_IN)
    ]
