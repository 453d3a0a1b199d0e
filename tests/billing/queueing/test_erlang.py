"""Erlang's formulas against published tables and tables computed by hand."""

import math

import pytest

from importcost.billing.queueing.erlang import erlang_b, erlang_c, queue_wait, servers_for
from importcost.errors import UsageError

# Loads (erlangs) that N servers carry at 1 % and at 2 % blocked, as traffic tables print them.
ONE_PERCENT = {1: 0.0101, 2: 0.153, 5: 1.36, 10: 4.46, 20: 12.0, 50: 37.9, 100: 84.1}
TWO_PERCENT = {1: 0.0204, 2: 0.223, 5: 1.66, 10: 5.08, 20: 13.2, 50: 40.3, 100: 88.0}


@pytest.mark.parametrize(
    ("share", "servers", "load"),
    [(0.01, *pair) for pair in ONE_PERCENT.items()]
    + [(0.02, *pair) for pair in TWO_PERCENT.items()],
)
def test_erlang_b_is_that_of_the_published_tables(share, servers, load):
    # The tables round loads to three digits.
    assert erlang_b(load * 0.994, servers) < share < erlang_b(load * 1.006, servers)


@pytest.mark.parametrize(
    ("load", "servers", "blocked"),
    [(0.5, 1, 1 / 3), (1.0, 2, 1 / 5), (2.0, 3, 4 / 19), (3.0, 0, 1.0), (0.0, 1, 0.0)],
)
def test_erlang_b_by_hand(load, servers, blocked):
    assert erlang_b(load, servers) == pytest.approx(blocked)


@pytest.mark.parametrize(
    ("load", "servers", "waiting", "mean"),
    [(0.8, 1, 0.8, 4.0), (1.5, 2, 9 / 14, 9 / 7), (2.0, 3, 4 / 9, 4 / 9)],
)
def test_erlang_c_by_hand(load, servers, waiting, mean):
    assert erlang_c(load, servers) == pytest.approx(waiting)
    assert queue_wait(load, servers, 1.0) == pytest.approx(mean)


def test_a_queue_that_cannot_keep_up_waits_without_end():
    assert erlang_c(3.0, 3) == 1.0
    assert math.isinf(queue_wait(3.0, 3, 0.1))


def test_five_million_requests_of_120_ms_find_one_environment_busy_every_fifth_time():
    load = 5_000_000 * 0.12 / 2_628_000
    assert erlang_b(load, 1) == pytest.approx(0.186, abs=0.0005)
    assert servers_for(load, 0.01) == 3
    assert erlang_b(load, 3) <= 0.01 < erlang_b(load, 2)


@pytest.mark.parametrize(("load", "share"), [(-1.0, 0.1), (math.inf, 0.1), (1.0, 0.0), (1e8, 0.1)])
def test_loads_and_shares_that_cannot_be_are_refused(load, share):
    with pytest.raises(UsageError):
        servers_for(load, share)
