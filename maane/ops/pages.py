"""The built client, served from the same origin as the API.

Files whose names hold a hash of their content never change and are cached for ever; the page itself
is asked for anew each time. Neither touches the session, so neither sets or varies on a cookie.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from maane.kit.endpoint import declare_page, public
from maane.settings import Settings

FOREVER_S = 365 * 24 * 3600
PAGE = public("the page itself shows nothing before somebody signs in")

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Maane</title>
<p>The pages are not built yet. Run <code>make install</code>.</p></html>"""


class PagePath(BaseConverter):
    """Any path that is not the API's and not a webhook's: those answer for themselves."""

    regex = r"(?!(?:api|webhook)(?:/|$)).*?"
    part_isolating = False


def install_pages(app: Flask, settings: Settings) -> None:
    """Adds the routes of the pages, last, so that every declared route wins over them."""
    dist = settings.client_dist
    app.url_map.converters["page"] = PagePath

    def asset(name: str) -> Response:
        """A file with a hash in its name."""
        response = send_from_directory(dist / "assets", name, max_age=FOREVER_S)
        response.headers["Cache-Control"] = f"public, max-age={FOREVER_S}, immutable"
        return response

    def page(path: str = "") -> Response:
        """A file of the client's root, else the page; the client knows its own paths."""
        if path and "." in path.rsplit("/", 1)[-1]:
            try:
                return send_from_directory(dist, path, max_age=3600)
            except NotFound:
                pass
        return _index(dist)

    app.add_url_rule(
        "/assets/<path:name>", view_func=declare_page(asset, PAGE), provide_automatic_options=False
    )
    declare_page(page, PAGE)
    app.add_url_rule("/", view_func=page, provide_automatic_options=False)
    app.add_url_rule("/<page:path>", view_func=page, provide_automatic_options=False)


def _index(dist: Path) -> Response:
    if not (dist / "index.html").is_file():
        return Response(_NOT_BUILT, status=503, mimetype="text/html")
    response = send_from_directory(dist, "index.html", max_age=None)
    response.headers["Cache-Control"] = "no-cache"
    return response
