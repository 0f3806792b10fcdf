"""Templates as each provider writes them, read into one form: text with gaps, and what keeps one from
being sent here.

Shapes: Meta's reference of ``message_templates`` and Twilio's of ``ContentAndApprovals``. What is not
understood makes a template unsendable; it is listed all the same, so that nobody looks for it in vain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from maane.channels.whatsapp.provider import TemplateMessage
from maane.kit.text import storable

GAP = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
MOST_LETTERS = 4096
Part = Literal["header", "body"]
Obstacle = Literal["media_header", "button_parameter", "authentication", "component", "parameters"]
"""Why a template cannot be sent here: it begins with a picture, a film, a file or a place; a button asks
for a value of its own; it is for codes; it has a part, or gaps, that Maane does not know."""
_SIMPLE_BUTTONS = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "PHONE"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A gap in a template. ``key`` names it in the template, ``example`` is the provider's."""

    part: Part
    key: str
    example: str = ""

    @property
    def name(self) -> str:
        """Unique in its template: a header and a body may use the same key."""
        return f"{self.part}.{self.key}"


@dataclass(frozen=True, slots=True)
class Template:
    """One template in one language. ``external_id`` is the provider's; ``status`` its word in small
    letters, of which ``approved`` alone may be sent."""

    external_id: str
    name: str
    language: str
    category: str
    status: str
    header: str = ""
    body: str = ""
    footer: str = ""
    buttons: Sequence[str] = ()
    parameters: Sequence[Parameter] = ()
    obstacle: Obstacle | None = None
    is_named: bool = False

    def text(self, values: Mapping[str, str]) -> str:
        """What the customer sees, by the values of the parameters' names."""
        filled = (_fill("header", self.header, values), _fill("body", self.body, values))
        buttons = " ".join(f"[{button}]" for button in self.buttons)
        return "\n".join(part for part in (*filled, self.footer, buttons) if part)

    def message(self, provider: str, values: Mapping[str, str]) -> TemplateMessage:
        """What is sent, once every parameter has its value."""

        def of(part: Part) -> list[tuple[str, str]]:
            return [(p.key, values[p.name]) for p in self.parameters if p.part == part]

        return TemplateMessage(
            provider=provider,
            external_id=self.external_id,
            name=self.name,
            language=self.language,
            header=of("header"),
            body=of("body"),
            is_named=self.is_named,
        )


@dataclass(slots=True)
class _Draft:
    """A template whose parts are being read."""

    header: str = ""
    body: str = ""
    footer: str = ""
    buttons: list[str] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)
    obstacle: Obstacle | None = None

    def refuse(self, obstacle: Obstacle) -> None:
        self.obstacle = self.obstacle or obstacle


def parse_meta(item: dict[str, Any]) -> Template | None:
    """A template of Meta's list; None for what is none."""
    external_id, name, language = (_text(item.get(key)) for key in ("id", "name", "language"))
    if not (external_id and name and language):
        return None
    draft = _Draft()
    category = _text(item.get("category")).lower()
    if category == "authentication":
        draft.refuse("authentication")
    for component in _dicts(item.get("components")):
        _read_component(draft, component)
    is_named = _text(item.get("parameter_format")).upper() == "NAMED"
    return _built(draft, external_id, name, language, category, _text(item.get("status")), is_named)


def _read_component(draft: _Draft, component: dict[str, Any]) -> None:
    kind, words = _text(component.get("type")).upper(), _text(component.get("text"))
    example = _dict(component.get("example"))
    if kind == "HEADER":
        if _text(component.get("format")).upper() not in ("", "TEXT"):
            draft.refuse("media_header")
        draft.header = words
        _note_examples(draft, "header", [example.get("header_text")], example)
    elif kind == "BODY":
        draft.body = words
        _note_examples(draft, "body", example.get("body_text"), example)
    elif kind == "FOOTER":
        draft.footer = words
    elif kind == "BUTTONS":
        for button in _dicts(component.get("buttons")):
            _read_button(draft, button, "text")
    else:
        draft.refuse("component")


def _note_examples(draft: _Draft, part: Part, rows: Any, example: dict[str, Any]) -> None:
    """``rows``: lists of examples in the order of the gaps, of which the first counts."""
    first = rows[0] if isinstance(rows, list) and rows else []
    for number, shown in enumerate(first if isinstance(first, list) else [], 1):
        draft.examples[f"{part}.{number}"] = _text(shown)
    for named in _dicts(example.get(f"{part}_text_named_params")):
        draft.examples[f"{part}.{_text(named.get('param_name'))}"] = _text(named.get("example"))


def _read_button(draft: _Draft, button: dict[str, Any], title: str) -> None:
    if _text(button.get("type")).upper() not in _SIMPLE_BUTTONS:
        draft.refuse("component")
    if GAP.search(_text(button.get("url"))):
        draft.refuse("button_parameter")
    draft.buttons.append(_text(button.get(title)))


def parse_twilio(item: dict[str, Any]) -> Template | None:
    """A content of Twilio's list; None for what is none, or was never meant for WhatsApp."""
    external_id, language = _text(item.get("sid")), _text(item.get("language"))
    approval = _dict(item.get("approval_requests"))
    name = _text(approval.get("name")) or _text(item.get("friendly_name"))
    status = _text(approval.get("status"))
    if not (external_id and name and status):
        return None
    types = _dict(item.get("types"))
    kind = _text(approval.get("content_type"))
    kind = kind if kind in types else next(iter(types), "")
    content, draft = _dict(types.get(kind)), _Draft()
    draft.body = _text(content.get("body"))
    if kind in ("twilio/quick-reply", "twilio/call-to-action"):
        for action in _dicts(content.get("actions")):
            _read_button(draft, {"type": "QUICK_REPLY", **action}, "title")
    elif kind == "twilio/media":
        draft.refuse("media_header")
    elif kind != "twilio/text":
        draft.refuse("component")
    for key, shown in _dict(item.get("variables")).items():
        draft.examples[f"body.{key}"] = _text(shown)
    category = _text(approval.get("category")).lower()
    if category == "authentication":
        draft.refuse("authentication")
    return _built(draft, external_id, name, language, category, status, is_named=True)


def _built(
    draft: _Draft,
    external_id: str,
    name: str,
    language: str,
    category: str,
    status: str,
    is_named: bool,
) -> Template:
    parameters: list[Parameter] = []
    parts: list[tuple[Part, str]] = [("header", draft.header), ("body", draft.body)]
    for part, words in parts:
        keys = list(dict.fromkeys(GAP.findall(words)))
        if not is_named:
            # Meta takes values of numbered gaps in the order of the numbers, and none may be missing.
            if set(keys) != {str(number + 1) for number in range(len(keys))}:
                draft.refuse("parameters")
            keys.sort(key=lambda key: (len(key), key))
        if "{{" in GAP.sub("", words):
            draft.refuse("parameters")
        parameters += [
            Parameter(part, key, draft.examples.get(f"{part}.{key}", "")[:200]) for key in keys
        ]
    if not draft.body:
        draft.refuse("component")
    return Template(
        external_id=external_id[:200],
        name=name[:512],
        language=language[:20],
        category=category[:40],
        status=status.lower()[:40],
        header=draft.header[:MOST_LETTERS],
        body=draft.body[:MOST_LETTERS],
        footer=draft.footer[:MOST_LETTERS],
        buttons=[button[:200] for button in draft.buttons],
        parameters=parameters,
        obstacle=draft.obstacle,
        is_named=is_named,
    )


def _fill(part: Part, words: str, values: Mapping[str, str]) -> str:
    return GAP.sub(lambda gap: values[f"{part}.{gap[1]}"], words)


def _text(value: Any) -> str:
    return storable(value) if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
