"""``maane routes``: every route, its methods, its access, and whether CSRF covers it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from maane.auth.csrf import EXEMPT_PREFIX, SAFE_METHODS
from maane.kit.endpoint import spec_of


def rows(app: Flask) -> Iterator[tuple[str, str, str, str]]:
    """Path, methods, access, CSRF; in the order of the paths."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        spec = spec_of(app, rule.endpoint)
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if spec is None:
            continue
        if not set(methods) - SAFE_METHODS:
            protection = "not needed: reads only"
        elif spec.csrf_exempt:
            protection = f"exempt: {spec.csrf_exempt}"
        else:
            protection = "required"
        if rule.rule.startswith(EXEMPT_PREFIX):
            protection = f"exempt: {spec.csrf_exempt}"
        yield rule.rule, ",".join(methods), str(spec.access), protection


def table(app: Flask) -> str:
    """The rows as aligned text, with a line of headings."""
    lines = [("PATH", "METHODS", "ACCESS", "CSRF"), *rows(app)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        "  ".join([*(line[c].ljust(widths[c]) for c in range(3)), line[3]]).rstrip()
        for line in lines
    )
