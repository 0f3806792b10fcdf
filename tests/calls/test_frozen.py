"""A database that is there and does not go on: what a caller hears of it, and how soon."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from maane.calls import operations as calls
from maane.tenancy.access import tenant_for_job
from tests.calls.conftest import Exchange
from tests.calls.test_limits import AGAIN
from tests.people import A

LONGEST_S = 12.0


def test_a_row_that_somebody_holds_keeps_no_caller_waiting(exchange: Exchange) -> None:
    """PostgreSQL's lock of the call's row; on SQLite that of the file, which all calls want."""
    database = exchange.town.database
    lines = [exchange.call(f"+97250234520{number}") for number in range(4)]
    with ThreadPoolExecutor(len(lines)) as pool:
        with database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            for line in lines:
                assert calls.locked(tx, tenant, line.sid) is not None
            said = list(pool.map(lambda line: line.speak("שלום"), lines))
        assert said == [AGAIN] * len(lines)
        assert max(line.slowest_s for line in lines) < LONGEST_S
        assert list(pool.map(lambda line: line.speak("שלום"), lines)) == ["תשובה ל: שלום"] * 4
    for line in lines:
        line.hang_up()
