"""The layer under the real emulator and awslambdaric."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from importcost.app.layer.pack import pack_layer
from importcost.model.cloudwatch.layer_record import LAYER_MARK, layer_lines
from tests.harness import PATIENCE_S
from tests.layer.emulated import EmulatedFunction, decoded, laid_out, log_lines
from tests.layer.fake_runtime import said

APP = """import decimal
import http.client
import importlib
import sys

importlib.import_module("wave")
try:
    import not_there
except ImportError:
    pass
print("from init", file=sys.stderr)


def handler(event, context):
    import csv
    print("from a request", file=sys.stderr)
    importer = sys.modules["_frozen_importlib"]._find_and_load
    return [sys.argv, sys.path, importer.__code__.co_qualname if event else None]
"""
FAILING = "import decimal\nraise KeyError('canary')\n"
CANARIES = {"TOKEN": "canary-token", "AWS_LAMBDA_LOG_FORMAT": "JSON"}

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def emulated(engine, image, folder, source, *, layer=True, **variables):
    data = pack_layer(()).data if layer else None
    task, runtime, opt = laid_out(folder, source, data)
    return EmulatedFunction(engine.command, image, task, runtime, opt, variables=variables)


def modules_of_init(profile):
    """Return the names in the function's own phases of a saved profile."""
    tree = profile["tree"]
    own = {tree["phases"].index(name) for name in ("handler imports", "module body")}
    return {
        tree["names"][name]
        for name, phase in zip(tree["name_ids"], tree["phase_ids"], strict=True)
        if phase in own
    }


def profiled(target, *words):
    out = target.parent / "profile.json"
    subprocess.run(
        [sys.executable, "-m", "importcost", "profile", *words, "-o", str(out), "-q"],
        check=True,
        timeout=PATIENCE_S,
    )
    return json.loads(out.read_text())


def test_one_line_with_the_modules_of_a_local_run(engine, lambda_image, tmp_path):
    watched = emulated(engine, lambda_image, tmp_path / "watched", APP)
    plain = emulated(engine, lambda_image, tmp_path / "plain", APP, layer=False)
    answers, log = watched.run(("{}", "{}"))
    plain_answers, plain_log = plain.run(("{}", "{}"))
    assert list(map(decoded, answers)) == list(map(decoded, plain_answers))
    lines = [line for line in log_lines(log) if line]
    (line,) = [one for one in lines if LAYER_MARK in one]
    lines.remove(line)
    assert sorted(lines) == sorted(one for one in log_lines(plain_log) if one)
    (tmp_path / "cold.log").write_text(log)
    read = profiled(tmp_path / "cold.log", "--from-log", str(tmp_path / "cold.log"))
    engine_words = ("--runner", engine.name, "--image", lambda_image, "--runs", "5")
    local = profiled(watched.task, f"{watched.task}/app.py:handler", *engine_words)
    assert modules_of_init(read) == modules_of_init(local)
    assert {"app", "http.client", "wave", "not_there"} <= modules_of_init(read)
    assert read["settings"]["memory_mb"] == 512


def test_a_failed_init_has_its_line_and_no_value_of_a_variable(engine, lambda_image, tmp_path):
    function = emulated(engine, lambda_image, tmp_path / "failing", FAILING, **CANARIES)
    _, log = function.run()
    first = next(line for line in log.splitlines() if LAYER_MARK in line)
    assert json.loads(first)["level"] == "INFO"
    record = layer_lines(log).records[0]
    assert not record.is_whole
    assert {"decimal", "app"} <= set(record.rows.names)
    assert "canary" not in json.dumps(said(first))
