"""How a file is given to a browser: in a sandbox, in ranges where asked, kept by that browser alone."""

from __future__ import annotations

from pathlib import Path

from flask import Response, send_file

from maane.kit.errors import Unavailable
from maane.media import kinds

SANDBOX = "sandbox; default-src 'none'"


def sent(place: Path, content_type: str | None, name: str, sha256: str | None) -> Response:
    """The file, or the range of it that was asked for. Raises ``Unavailable`` where this machine has it
    not: its folder is not the one that is shared."""
    content_type = content_type or kinds.UNKNOWN
    try:
        response = send_file(
            place,
            mimetype=content_type,
            as_attachment=content_type not in kinds.INLINE,
            download_name=name,
            etag=sha256 or False,
            conditional=True,
        )
    except FileNotFoundError:
        raise Unavailable("file") from None
    # Shown again only after the guard has looked again.
    response.cache_control.private = True
    response.headers.add("Content-Security-Policy", SANDBOX)
    return response
