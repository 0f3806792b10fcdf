"""How a route is declared: its access, its body, its answer, and one call.

``Routes`` is a Flask blueprint whose methods take, beside the path, everything that the rest of the
program needs to know of an endpoint. The body is parsed here and only here, straight from the bytes
and strictly, after the guard has let the caller in. The document (``kit.openapi``), the table of
``maane routes`` and the generated tests read the same declarations.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from flask import Blueprint, Flask, Response, current_app, g, request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter

from maane.kit.db import Database, Transaction
from maane.kit.errors import Invalid, MalformedJson, TooLarge, UnsupportedMediaType

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint. ``name`` is a row of the role matrix in ``tenancy/access.py``."""

    name: str
    reason: str = ""

    @property
    def is_public(self) -> bool:
        return self.name == "public"

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})" if self.reason else self.name


def public(reason: str) -> Access:
    """Open to anyone, for a reason that the table of routes shows."""
    return Access("public", reason)


def signed(by: str) -> Access:
    """Open to a provider that signs its requests; the route verifies before anything else."""
    return Access("public", f"signed by {by}")


SIGNED_IN = Access("signed in")


class Shape(BaseModel):
    """A JSON object of the contract: unknown keys are refused, types are not bent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """The query string of a list. Strings become numbers here, since a query has only strings."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Spec:
    """What is declared of one endpoint."""

    access: Access
    csrf_exempt: str
    sets_csrf_cookie: bool
    body: type[BaseModel] | None
    body_is_optional: bool
    query: type[BaseModel] | None
    returns: type[BaseModel] | str | None
    status: int
    transaction: Literal["read", "write", "by method"] | None
    summary: str


class Identifier(IntegerConverter):
    """A path's id. Any whole number is routed, so that the guard speaks before the look-up does;
    what no row can have becomes 0, which none has, and never reaches the database as too large."""

    regex = r"-?\d{1,40}"

    def to_python(self, value: str) -> int:
        number = int(value)
        return number if 0 < number <= LARGEST_ID else 0


class Routes(Blueprint):
    """A blueprint of declared endpoints."""

    def declare(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
        rule: str,
        *,
        access: Access,
        body: type[BaseModel] | None = None,
        body_is_optional: bool = False,
        query: type[BaseModel] | None = None,
        returns: type[BaseModel] | str | None = None,
        status: int = 200,
        transaction: Literal["read", "write", "by method"] | None = "by method",
        csrf_exempt: str = "",
        sets_csrf_cookie: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declares one endpoint. ``returns`` is a shape, the media type of a file, or None for what
        is no part of the documented API. A read gets a reading transaction, a write a writing one."""
        if transaction == "by method":
            transaction = "read" if method == "GET" else "write"

        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            spec = Spec(
                access=access,
                csrf_exempt=csrf_exempt,
                sets_csrf_cookie=sets_csrf_cookie,
                body=body,
                body_is_optional=body_is_optional,
                query=query,
                returns=returns,
                status=status,
                transaction=transaction,
                summary=(inspect.getdoc(view) or "").split("\n")[0],
            )
            self.add_url_rule(
                rule,
                endpoint=view.__name__,
                view_func=_endpoint(view, spec),
                methods=[method],
                provide_automatic_options=False,
            )
            return view

        return register


def spec_of(app: Flask, endpoint: str | None) -> Spec | None:
    """The declaration of an endpoint; None for one that never declared anything."""
    view = app.view_functions.get(endpoint or "")
    return cast("Spec | None", getattr(view, "spec", None))


def declare_page(
    view: Callable[..., Any], access: Access, csrf_exempt: str = ""
) -> Callable[..., Any]:
    """Declares a plain Flask view (pages, files) that answers for itself."""
    spec = Spec(access, csrf_exempt, False, None, False, None, None, 200, None, "")
    view.spec = spec  # type: ignore[attr-defined]
    return view


def database() -> Database:
    """The database of the running application."""
    return cast("Database", current_app.extensions["maane.database"])


def tx() -> Transaction:
    """The transaction of this request; only inside an endpoint that declared one."""
    return cast("Transaction", g.tx)


def _endpoint(view: Callable[..., Any], spec: Spec) -> Callable[..., Any]:
    @functools.wraps(view)
    def endpoint(**path: Any) -> Response:
        if spec.query is not None:
            path["query"] = parse_query(spec.query)
        if spec.body is not None:
            path["body"] = parse_body(spec.body, is_optional=spec.body_is_optional)
        elif request.method in ("POST", "PUT", "PATCH", "DELETE") and not spec.csrf_exempt:
            refuse_body()
        if spec.transaction is None:
            return _respond(view(**path), spec.status)
        with database().transaction(
            g.get("scope"), writes=spec.transaction == "write"
        ) as transaction:
            g.tx = transaction
            answer = view(**path)
        return _respond(answer, spec.status)

    endpoint.spec = spec  # type: ignore[attr-defined]
    return endpoint


def _respond(answer: Any, status: int) -> Response:
    if isinstance(answer, Response):
        return answer
    payload = answer.model_dump_json() if isinstance(answer, BaseModel) else ""
    response = Response(payload, status=status, mimetype="application/json")
    if request.method == "GET":
        # Whoever asks again for what has not changed gets 304 and no body.
        response.add_etag()
        response.make_conditional(request)
    return response


def read_body() -> bytes:
    """The raw body, within the size limit. Raises ``TooLarge``."""
    try:
        return request.get_data(cache=True, parse_form_data=False)
    except RequestEntityTooLarge:
        raise TooLarge from None


def parse_body(shape: type[BaseModel], *, is_optional: bool = False) -> BaseModel:
    """The body as ``shape``.

    Raises ``UnsupportedMediaType`` for anything not declared as JSON, ``MalformedJson`` for bytes
    that are not JSON (bad UTF-8, lone surrogates and absurd nesting included), ``Invalid`` with
    ``details`` for the wrong shape.
    """
    raw = read_body()
    if not raw and is_optional:
        return shape()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return shape.model_validate_json(raw)
    except ValidationError as error:
        raise _problem(error) from None


def refuse_body() -> None:
    """For a write that takes none: an empty body or an empty JSON object, nothing else."""
    raw = read_body()
    if raw:
        parse_body(_Nothing)


class _Nothing(Shape):
    """An object without keys."""


def parse_query(shape: type[BaseModel]) -> BaseModel:
    try:
        return shape.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _problem(error) from None


def _problem(error: ValidationError) -> MalformedJson | Invalid:
    """A validation error without its input: what a caller sent is not echoed or logged."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in errors):
        return MalformedJson()
    return Invalid(
        details=[
            {"path": list(item["loc"]), "type": item["type"], "message": item["msg"]}
            for item in errors[:20]
        ]
    )
