"""Every call counts as one that only makes a value: here the edit is tested, not the verdict."""

import pytest

from importcost.deferral.source.own_state import plain_calls


@pytest.fixture(autouse=True)
def any_call_makes(monkeypatch):
    monkeypatch.setattr(plain_calls, "only_makes", lambda *args, **options: True)
