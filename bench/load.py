"""Load from wrk: bounded in time, on loopback only, every answer that is not 2xx counted."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HEBREW = "ענו בחום ובקצרה, שאלו לשם ולצורך, ואל תבטיחו מה שאין. "
PROMPT = HEBREW * 9  # about one kilobyte of UTF-8

SCRIPT = """
local prefix, suffix, number = %(prefix)s, %(suffix)s, 0
local people = %(people)s
request = function()
  number = number + 1
  local body = nil
  if prefix ~= "" then body = prefix .. number .. suffix end
  return wrk.format(%(method)s, %(path)s, people[number %% #people + 1], body)
end
-- wrk itself counts 4xx and 5xx alone; a redirect is no saved prompt either.
local threads = {}
setup = function(thread) table.insert(threads, thread) end
strange = 0
response = function(status)
  if status < 200 or status > 299 then strange = strange + 1 end
end
done = function(summary, latency, requests)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("strange") end
  io.write(string.format('RESULT {"requests": %%d, "duration_us": %%d, "errors": %%d, ' ..
    '"p50_us": %%d, "p95_us": %%d, "p99_us": %%d}\\n', summary.requests, summary.duration,
    refused + summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.timeout, latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Round:
    """What one round of load saw. Times in milliseconds."""

    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def run(
    url: str,
    method: str,
    people: list[dict[str, str]],
    *,
    seconds: int,
    connections: int,
    mark: str = "",
) -> Round:
    """One round against ``url``, the requests going round among ``people``, who are given by their
    headers. With ``mark`` each request saves a text of its own.

    Raises ``RuntimeError`` when any answer was not 2xx: such a round measures nothing.
    """
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost"):
        raise ValueError("load goes to loopback only")
    prefix = suffix = ""
    if mark:
        body = {"calls_prompt": PROMPT + f" {mark} NUMBER", "whatsapp_prompt": PROMPT}
        prefix, suffix = json.dumps(body, ensure_ascii=False).split("NUMBER")
    script = SCRIPT % {
        "prefix": _lua(prefix),
        "suffix": _lua(suffix),
        "people": _table(
            _table(f"[{_lua(k)}] = {_lua(v)}" for k, v in one.items()) for one in people
        ),
        "method": _lua(method),
        "path": _lua(parts.path + (f"?{parts.query}" if parts.query else "")),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [
                *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"),
                *("-s", str(file), f"{parts.scheme}://{parts.netloc}"),
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    seen: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    if seen["errors"]:
        raise RuntimeError(f"{seen['errors']} answers were not 2xx at {url}: {done.stdout}")
    return Round(
        requests=seen["requests"],
        per_second=seen["requests"] / (seen["duration_us"] / 1e6),
        p50_ms=seen["p50_us"] / 1000,
        p95_ms=seen["p95_us"] / 1000,
        p99_ms=seen["p99_us"] / 1000,
    )


def as_dict(round_: Round) -> dict[str, float]:
    return {key: round(value, 3) for key, value in asdict(round_).items()}


def _table(items: Iterable[str]) -> str:
    return "{" + ", ".join(items) + "}"


def _lua(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
