"""A calibrated function has one bill, whichever command shows it."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import importcost
from importcost.app.bill.calibrate_store import new_configuration
from importcost.app.gate.compare_saved import compare_profiles
from importcost.app.gate.diff import difference
from importcost.app.profile.report import report_saved
from importcost.billing.calibration import Calibration, Fitted
from importcost.billing.estimate import estimate
from importcost.model.profile import Target
from tests.cli.bill_factory import importcost as run_importcost
from tests.gate.profiles import ROWS, profile_of

OWN = Calibration(
    floor_ms=900.0,
    speed_factor=3.0,
    slope_error=0.1,
    function_ms=150.0,
    band_low=0.95,
    band_high=1.07,
    cold_starts=21,
    fitted=Fitted.BOTH,
    arch="x86_64",
    package_type="zip",
    runtime="python3.12",
    date="2026-11-23",
)
ESTIMATE_MODULE = "importcost.billing.estimate"
SLOWER = {**ROWS, "pandas": 90_000}


def function(folder, rows=None, *, calibration=OWN):
    """Return the profile of a function in `folder` whose configuration has a calibration."""
    folder.mkdir(exist_ok=True)
    (folder / "handler.py").write_text("def handler(event, context):\n    pass\n")
    if calibration is not None:
        (folder / "importcost.toml").write_text(new_configuration("handler.py", None, calibration))
    target = Target("handler", "handler", str(folder), str(folder / "handler.py"))
    return replace(profile_of(rows), target=target)


def test_saved_profiles_are_compared_by_the_bill_that_their_reports_show(tmp_path):
    base, head = function(tmp_path / "base"), function(tmp_path / "head", SLOWER)
    report, found = compare_profiles(base, head)
    (pair,) = report.billed.values()
    assert [one.estimate for one in pair] == [report_saved(p).estimate for p in (base, head)]
    assert pair[0].estimate.floor_ms.value == OWN.floor_ms
    # The dollars of the difference are those of diff, and three times the published ones.
    published = estimate(head).speed_ratio.value
    assert pair[1].estimate.speed_ratio.value == pytest.approx(3 * published)
    assert found.dollars_per_million == difference(base, head).dollars_per_million
    own = compare_profiles(base, function(tmp_path / "other", SLOWER, calibration=None))[1]
    assert found.dollars_per_million.value == pytest.approx(3 * own.dollars_per_million.value)


def test_only_the_function_that_is_calibrated_gets_its_own_bill(tmp_path):
    base = function(tmp_path / "base", calibration=None)
    report, _ = compare_profiles(base, function(tmp_path / "head"))
    (pair,) = report.billed.values()
    assert [one.estimate.floor_ms.value for one in pair] == [
        estimate(base).floor_ms.value,
        OWN.floor_ms,
    ]


def test_a_calibration_for_another_architecture_is_said_and_not_used(tmp_path):
    arm = function(tmp_path, calibration=replace(OWN, arch="arm64"))
    (pair,) = compare_profiles(arm, arm)[0].billed.values()
    assert pair[0].estimate.init_ms == estimate(arm).init_ms
    assert any("python3.12, zip, arm64" in note for note in pair[0].estimate.notes)


@pytest.mark.slow
def test_compare_writes_both_versions_with_the_calibration_that_head_has(tmp_path):
    """A calibration that is new in head does not make base look cheaper or dearer."""
    version = f"python3.{sys.version_info.minor}"
    own = replace(OWN, runtime=version)
    function(tmp_path / "base", calibration=None)
    function(tmp_path / "head", calibration=own)
    done = run_importcost(
        tmp_path, "compare", "base", "head", "--pairs", "8", "--reports", "out", "--quiet"
    )
    assert done.returncode in (0, 1), done.stderr
    saved = [json.loads(one.read_text()) for one in sorted((tmp_path / "out").glob("*.json"))]
    assert [one["derived"]["estimate"]["floor_ms"]["value"] for one in saved] == [own.floor_ms] * 2


@pytest.mark.unhurried
def test_only_the_bill_of_a_function_calls_the_estimate():
    """Outside the cost model itself, `app.bill` is the one place that estimates a profile."""
    root = Path(importcost.__file__).parent
    callers = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_of_it = isinstance(node, ast.ImportFrom) and node.module == ESTIMATE_MODULE
            if is_of_it and "estimate" in {name.name for name in node.names}:
                callers.add(file.relative_to(root).as_posix())
    outside = {one for one in callers if not one.startswith("billing/")}
    # calibrate holds the published figures beside the calibrated ones.
    assert outside == {"app/bill/place.py", "app/bill/calibrate.py"}
