"""The baseline that a check writes: whole, or not at all and said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from importcost.app.gate.check import _write_baseline
from importcost.billing.estimate import estimate
from importcost.errors import UsageError
from importcost.gate.baseline import Baseline, baseline_from_text, handler_baseline
from tests.gate.profiles import profile_of

BASELINE = Baseline((handler_baseline("orders", profile_of(), estimate(profile_of())),))


def test_it_is_read_back(tmp_path):
    file = tmp_path / "baseline.json"
    assert _write_baseline(file, BASELINE, is_named=True) == str(file)
    assert baseline_from_text(file.read_text(), "baseline.json").handlers[0].handler == "orders"


def test_a_place_that_takes_no_file_is_named_with_the_option_that_changes_it():
    with pytest.raises(UsageError, match=r"The baseline /proc/b.json .*--baseline"):
        _write_baseline(Path("/proc/b.json"), BASELINE, is_named=True)


def test_a_default_name_that_is_a_link_is_not_followed(tmp_path):
    link = tmp_path / "importcost-baseline.json"
    link.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(UsageError, match="symbolic link"):
        _write_baseline(link, BASELINE, is_named=False)
    assert not (tmp_path / "elsewhere.json").exists()
