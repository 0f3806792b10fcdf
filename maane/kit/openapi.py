"""The OpenAPI document of the application, read from the declarations of its endpoints.

It is the contract with the client: ``make contract`` writes it and generates the client's types
from it, and CI fails when either is stale.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from maane.kit.endpoint import Shape, Spec, spec_of

JSON = "application/json"


class ErrorDetail(Shape):
    path: list[str | int]
    type: str
    message: str


class Error(Shape):
    """Every refusal. ``reason`` says why where one code has several causes."""

    error: str
    reason: str | None = None
    details: list[ErrorDetail] | None = None


def build_document(app: Flask, version: str) -> dict[str, Any]:
    """The document as a JSON-ready dictionary, in a stable order."""
    endpoints = [
        (rule, spec)
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        if (spec := spec_of(app, rule.endpoint)) is not None and spec.returns is not None
    ]
    shapes: set[type[BaseModel]] = {Error}
    for _, spec in endpoints:
        shapes |= {s for s in (spec.body, spec.query, spec.returns) if isinstance(s, type)}
    inputs = {spec.body for _, spec in endpoints if spec.body is not None}
    references, schemas = models_json_schema(
        [
            (shape, "validation" if shape in inputs else "serialization")
            for shape in sorted(shapes, key=lambda shape: shape.__name__)
        ],
        ref_template="#/components/schemas/{model}",
    )
    named = {shape: schema for (shape, _), schema in references.items()}
    paths: dict[str, Any] = {}
    for rule, spec in endpoints:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            paths.setdefault(path, {})[method.lower()] = _operation(rule, spec, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Maane", "version": version},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.get("$defs", {}).items()))},
    }


def _operation(rule: Rule, spec: Spec, named: dict[Any, Any]) -> dict[str, Any]:
    error = {"content": {JSON: {"schema": named[Error]}}}
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": spec.summary,
        "description": f"Access: {spec.access}.",
        "responses": {
            str(spec.status): {
                "description": "Done.",
                "content": _content(spec.returns, named),
            },
            "default": {"description": "Refused; the body says why.", **error},
        },
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
        for name in sorted(rule.arguments)
    ]
    if spec.query is not None:
        schema = spec.query.model_json_schema()
        parameters += [
            {"name": name, "in": "query", "required": False, "schema": _plain(value)}
            for name, value in schema.get("properties", {}).items()
        ]
    if parameters:
        operation["parameters"] = parameters
    if spec.body is not None:
        operation["requestBody"] = {
            "required": not spec.body_is_optional,
            "content": {JSON: {"schema": named[spec.body]}},
        }
    return operation


def _content(returns: type[BaseModel] | str | None, named: dict[Any, Any]) -> dict[str, Any]:
    if isinstance(returns, str):
        return {returns: {"schema": {"type": "string", "format": "binary"}}}
    return {JSON: {"schema": named[returns]}}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter may be left out but is never null."""
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        if len(options) == 1:
            return {**options[0], "title": schema.get("title", "")}
    return schema
