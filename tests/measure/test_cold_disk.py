"""Cold reads: which files are dropped, what they add, and where they cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from array import array
from dataclasses import replace
from types import SimpleNamespace

import pytest

from importcost.measure import cold_disk
from importcost.measure.cold_disk import measure_cold_disk
from importcost.measure.programs import read_program
from importcost.model.graph import ImportGraph, LoadedFile
from importcost.model.interval import Interval
from importcost.model.profile import Timing
from importcost.model.tree import ImportTree
from importcost.reports.page_cache import page_cache_words
from tests.billing.profile_factory import make_profile
from tests.deferral.graph_factory import module

PROGRAM_NAMES = ("lib", "own")


class FakeRunner:
    """Answers the page cache program: `after_drop` bytes stay, and all are read again."""

    layout = SimpleNamespace(on_host=lambda path: path)

    def __init__(self, after_drop):
        self.after_drop = after_drop

    def launch(self, args, files, _timeout_s, _folders=()):
        paths = json.loads(files["files.json"])
        held = 1000
        left = self.after_drop if args[-1] == "drop" else held
        rows = [[path, 1000, None if left is None else held, left] for path in paths]
        return SimpleNamespace(result={"files": rows})


class FakeSession:
    """Its cold launches, every second one, take longer by `own` of one module's rows."""

    def __init__(self, *_):
        self.runs, self.logs = [], []

    def launch_probe(self, _kind):
        slow = 9_000 * (len(self.runs) % 2)
        timing = Timing(20_000 + slow, 10_000, 10_000, 1_000)
        self.runs.append(SimpleNamespace(function_init=timing))
        self.logs.append([5_000 + slow, 2_000])


def tree_of(own_us):
    ids = array("q", [0, 1])
    return ImportTree(
        PROGRAM_NAMES, ids, array("q", [-1, -1]), array("q", own_us), array("q", own_us),
        ("function",), array("q", [0, 0]),
    )  # fmt: skip


@pytest.fixture
def profile(monkeypatch):
    monkeypatch.setattr(cold_disk, "Session", FakeSession)
    monkeypatch.setattr(cold_disk, "build_tree", tree_of)
    graph = ImportGraph(
        (module("lib", distribution="lib"), module("own", distribution="own")),
        (),
        (LoadedFile("/lib.so", "lib", "lib", 1000, 1000, True),),
    )
    return replace(make_profile(), graph=graph)


def measured(profile, after_drop):
    recorded = {"files": {"read": [["/own.json", 1000, "own"]], "mapped": [["/lib.so"]]}}
    subject = SimpleNamespace(timeout_s=1.0, bytecode_dir=None)
    return measure_cold_disk(FakeRunner(after_drop), subject, profile, recorded, lambda _: None)


def test_the_difference_of_pairs_goes_to_the_distributions_whose_rows_took_longer(profile):
    found = measured(profile, after_drop=0)
    assert found.reason is None
    assert found.added_us.value == 9_000
    assert found.read_bytes == 2000
    rows = {row.distribution: (row.read_bytes, row.added_us) for row in found.distributions}
    assert rows["lib"] == (1000, 9_000)
    assert sum(count for count, _ in rows.values()) == found.read_bytes
    assert sum(us for _, us in rows.values()) == found.added_us.value


def test_a_file_system_that_keeps_its_pages_is_said_and_no_zero(profile):
    found = measured(profile, after_drop=900)
    assert found.added_us is None
    assert "keeps its pages" in found.reason
    assert found.kept_bytes == 1800
    shown = replace(profile, cold_disk=found, runs=(SimpleNamespace(),))
    assert "keeps its pages" in page_cache_words(shown)
    assert "adds 0" not in page_cache_words(shown)


def test_a_platform_that_does_not_tell_is_said(profile):
    assert "does not tell" in measured(profile, after_drop=None).reason


def test_figures_are_said_to_be_with_a_warm_page_cache(profile):
    words = page_cache_words(replace(profile, runs=(SimpleNamespace(),)))
    assert "warm page cache" in words
    assert "--cold-disk" in words
    assert page_cache_words(profile) == ""  # a log says nothing of it


@pytest.mark.skipif(sys.platform != "linux", reason="posix_fadvise and mincore")
def test_the_program_sees_what_is_in_memory_and_reads_nothing(tmp_path):
    big, listed, result = tmp_path / "big", tmp_path / "list", tmp_path / "result"
    with big.open("wb") as stream:
        stream.write(os.urandom(3_000_000))
        os.fsync(stream.fileno())
    big.read_bytes()
    listed.write_text(json.dumps([str(big), str(tmp_path / "absent")]))
    program = tmp_path / "program.py"
    program.write_text(read_program("page_cache.py"))

    def run(kind):
        command = [sys.executable, str(program), str(listed), str(result), kind]
        subprocess.run(command, check=True, timeout=60)
        return json.loads(result.read_text())["files"]

    [[path, size, before, after]] = run("look")
    assert (path, size) == (str(big), 3_000_000)
    assert before == after == 3_000_000
    [[_, _, before, after]] = run("drop")
    assert before == 3_000_000
    [[_, _, left, _]] = run("look")
    assert left == after  # looking reads nothing


def test_the_interval_of_what_is_added_holds_its_value(profile):
    added = measured(profile, after_drop=0).added_us
    assert isinstance(added, Interval)
    assert added.low <= added.value <= added.high
