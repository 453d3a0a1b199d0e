"""A clock that can be put forward, for the tests of processes."""

import time

import pytest

from importcost.processes import bounded

LONGER_THAN_ANY_S = 24 * 3600.0


@pytest.fixture
def hurry(monkeypatch):
    """Return a function that lets the deadline pass once a command has said it is ready."""
    passed = [0.0]
    real = time.monotonic
    monkeypatch.setattr(bounded.time, "monotonic", lambda: real() + passed[0])

    def on_line(line):
        passed[0] += LONGER_THAN_ANY_S if line == "ready" else 0.0

    return on_line
