"""Extensions of layers are named, and make the estimate's upper bound higher."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from importcost.app.profile.measured import measure_billed
from importcost.app.profile.request import ProfileRequest
from importcost.billing.estimate import estimate
from importcost.billing.figures.extensions import load_extension_figures
from importcost.measure.layout import extensions_in
from tests.app.profile.test_rehearsal import Notes
from tests.harness import write_files
from tests.reports.page_factory import small_profile


def layer(root):
    write_files(
        root,
        {
            "layer/extensions/telemetry": "#!/bin/sh\n",
            "layer/extensions/notes.txt": "not executable\n",
            "layer/extensions/parts/inner": "of the extension\n",
            "layer/python/shared.py": "",
        },
    )
    (root / "layer/extensions/telemetry").chmod(0o755)
    return (str(root / "layer"),)


def test_the_executable_files_of_the_folder_are_extensions(tmp_path):
    assert extensions_in(layer(tmp_path)) == ("telemetry",)
    assert extensions_in((str(tmp_path / "absent"),)) == ()


def test_only_the_upper_bound_rises_by_the_longest_published_start():
    plain = small_profile()
    with_one = replace(plain, settings=replace(plain.settings, extensions=("telemetry",)))
    before, after = estimate(plain), estimate(with_one)
    most = load_extension_figures().most_ms
    assert (after.init_ms.low, after.init_ms.value) == (before.init_ms.low, before.init_ms.value)
    assert after.init_ms.high == pytest.approx(before.init_ms.high + most)
    assert after.billed_init_ms.high > before.billed_init_ms.high
    assert any("extension telemetry starts before" in note for note in after.notes)
    assert {one.figure for one in after.sources} - {one.figure for one in before.sources} == {
        load_extension_figures().provenance.figure
    }


@pytest.mark.unhurried
@pytest.mark.usefixtures("few_launches")
def test_a_profile_names_the_extensions_of_its_layers(tmp_path):
    layers = layer(tmp_path)
    write_files(tmp_path, {"app/handler.py": "import shared\n"})
    request = ProfileRequest(
        target=str(tmp_path / "app/handler.py"),
        layers=layers,
        runner="local",
        python=sys.executable,
        runs=5,
        boto3="none",
    )
    billed = measure_billed(request, Notes())
    assert billed.profile.settings.extensions == ("telemetry",)
    (warning,) = [one for one in billed.profile.warnings if one.code.value == "extensions"]
    assert "the extension telemetry of the layers, too" in warning.message
