"""Ends that nobody chose: a worker killed, or its database restarted, at random points of turns.

Whatever was written stays, and each conversation has one answer, which its provider was asked to send at
most once. Where the kill fell between our claim and the provider's reply nobody can know whether it
left: the screen says so until the provider's status event settles it (``channels/whatsapp/sending.py``).
"""

from __future__ import annotations

import random
import signal
import time

import pytest

from maane.channels.whatsapp.sending import INTERRUPTED
from tests.postgres import Cluster
from tests.town import Customer, Town

POINTS = 20
THINKING_S = 0.2
SENDING_S = 0.1
LONGEST_S = 0.8
"""A turn is over by then, so that the points lie before, in and after each of its steps."""


def _settled(customer: Customer) -> bool:
    answers = customer.answers()
    return bool(answers) and (answers[0].status == "sent" or answers[0].error == INTERRUPTED)


def _check(customers: list[Customer]) -> int:
    """How many answers were in the provider's hands, or on the way there, when everything ended."""
    uncertain = 0
    for customer in customers:
        customer.wait(lambda customer=customer: _settled(customer))
        said, answer = customer.messages()
        assert (said.direction, said.text) == ("inbound", "שלום, אפשר תור?")
        assert answer.direction == "outbound"
        assert len(customer.sent()) <= 1
        if answer.error == INTERRUPTED:
            uncertain += 1
            customer.report("delivered", own_id=answer.id, wamid=f"wamid.late.{customer.digits}")
            (answer,) = customer.answers()
            assert (answer.status, answer.error) == ("delivered", None)
        else:
            assert len(customer.sent()) == 1
    return uncertain


def _write(town: Town) -> list[Customer]:
    customers = [town.customer() for _ in range(2)]
    for customer in customers:
        customer.write("שלום, אפשר תור?")
    return customers


@pytest.fixture
def slow_town(town: Town) -> Town:
    town.model.delay_s, town.graph.delay_s = THINKING_S, SENDING_S
    return town


def test_a_worker_killed_at_twenty_random_points_leaves_one_answer_each(slow_town: Town) -> None:
    points = random.Random(20261124)
    everybody: list[Customer] = []
    uncertain = 0
    for _ in range(POINTS):
        customers = _write(slow_town)
        time.sleep(points.uniform(0, LONGEST_S))
        slow_town.end_worker(signal.SIGKILL)
        slow_town.start_worker()
        uncertain += _check(customers)
        everybody += customers
    # Nothing was answered twice later either.
    assert all(len(customer.messages()) == 2 for customer in everybody)
    assert all(len(customer.sent()) <= 1 for customer in everybody)
    # Sending is a seventh of a turn: were most of them unknown, the rest would prove nothing.
    assert uncertain < len(everybody) / 2


def test_a_database_restarted_at_twenty_random_points_leaves_one_answer_each(
    slow_town: Town, cluster: Cluster | None
) -> None:
    if cluster is None:
        pytest.skip("a file is not restarted; the PostgreSQL run covers it")
    # A worker that cannot begin ends, and its supervisor begins another; here there is none.
    early = slow_town.customer()
    early.write("שלום")
    early.wait_for_answers(1)
    points = random.Random(20261125)
    everybody: list[Customer] = []
    for _ in range(POINTS):
        customers = _write(slow_town)
        time.sleep(points.uniform(0, LONGEST_S))
        cluster.stop()
        cluster.start()
        _check(customers)
        everybody += customers
    assert all(len(customer.messages()) == 2 for customer in everybody)
    assert all(len(customer.sent()) <= 1 for customer in everybody)
