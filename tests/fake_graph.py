"""``python -m tests.fake_graph PORT``: Meta's Graph API for the browser tests, with one account of one
number and its templates, until it is ended."""

from __future__ import annotations

import signal
import sys

from tests.fakes import FakeGraph

TEMPLATES = [
    {
        "id": "901",
        "name": "visit_reminder",
        "language": "he",
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "תזכורת"},
            {
                "type": "BODY",
                "text": "היי {{1}}, התור שלך ב{{2}}. נתראה!",
                "example": {"body_text": [["נועם", "יום שני ב־10:00"]]},
            },
            {"type": "FOOTER", "text": "מספרת דנה"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "אישור"}]},
        ],
    },
    {
        "id": "902",
        "name": "spring_sale",
        "language": "he",
        "status": "APPROVED",
        "category": "MARKETING",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "מבצע אביב במספרה"},
        ],
    },
    {
        "id": "903",
        "name": "after_visit",
        "language": "he",
        "status": "PENDING",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [{"type": "BODY", "text": "תודה שבאת!"}],
    },
]

if __name__ == "__main__":
    with FakeGraph(int(sys.argv[1])) as graph:
        graph.accounts = {"200000000000002": ["100000000000009"]}
        graph.templates = TEMPLATES
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
