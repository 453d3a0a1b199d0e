"""A run over small scripts: what is kept, what fails, what is left out, and how it ends."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pytest

from tests.benchmarks.results.main import FINE, MISSED, NOT_MEASURED, USAGE, Places, main
from tests.benchmarks.results.store import read_store

GOOD = """
import sys
sys.path.insert(0, {root!r})
from tests.benchmarks.tell import tell
print("| a table |")
tell(ratio=(1.1, "11 / 10 ms"), sizes={{"small": float(sys.argv[1])}})
sys.exit(1)  # as a script does whose own limit is missed
"""
BAD = "print('began'); raise RuntimeError('the disk is gone')\n"
SLOW = """
import sys, time
sys.path.insert(0, {root!r})
from tests.benchmarks.tell import tell
tell(early=1)
time.sleep(600)
"""
RUNS = """
[good]
script = "good.py"
arguments = ["3"]
budget_s = 60

[bad]
script = "bad.py"
budget_s = 60

[far]
script = "good.py"
arguments = ["{there}"]
needs = ["engine"]
budget_s = 60
"""
FIGURES = """
title = "Small | figures"
order = 1
about = "About them."

[figures.ratio]
words = "a ratio"
target = "<= 1.15"
run = "good"
value = "ratio"

[figures.size]
words = "a size | of something"
target = "<= 5"
unit = "MB"
run = "good"
value = "sizes.small"

[figures.untold]
words = "never told"
run = "good"
value = "other"

[figures.broken]
words = "breaks"
target = "== 0"
run = "bad"
value = "any"

[figures.engine]
words = "needs an engine"
run = "far"
value = "ratio"

[figures.hand]
words = "by hand"
target = ">= 2"
by_hand = "a person"
"""


@pytest.fixture
def places(tmp_path):
    from tests.benchmarks.results.main import BENCHMARKS

    root = str(BENCHMARKS.parents[1])
    data, scripts = tmp_path / "data", tmp_path / "repository" / "tests" / "benchmarks"
    (data / "figures").mkdir(parents=True)
    scripts.mkdir(parents=True)
    (data / "runs.toml").write_text(RUNS)
    (data / "figures" / "small.toml").write_text(FIGURES)
    for name, text in (("good", GOOD), ("slow", SLOW)):
        (scripts / f"{name}.py").write_text(text.format(root=root))
    (scripts / "bad.py").write_text(BAD)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n")
    return Places(scripts, data, tmp_path / "RESULTS.md", changelog)


def test_a_run_keeps_what_is_told_and_goes_on_after_a_failure(places, capsys):
    assert main([], places) == NOT_MEASURED
    store = read_store(places.store)
    ratio = store.last_of("ratio")
    assert (ratio.value, ratio.words, ratio.how) == (1.1, "11 / 10 ms", "good.py 3")
    assert ratio.machine.cores >= 1
    assert store.last_of("size").value == 3
    assert "told no figure named other" in store.failures["untold"].words
    assert "the disk is gone" in store.failures["broken"].words
    page = places.page.read_text()
    assert "| a ratio | at most 1.15 | 1.1 (11 / 10 ms) | pass |" in page
    assert "a size \\| of something" in page
    assert "RuntimeError: the disk is gone" in page
    said = capsys.readouterr().out
    assert "left out: far needs engine" in said
    assert "4 figures" in said
    assert "2 failed to run" in said


def test_a_missed_target_ends_with_1(places):
    (places.data / "runs.toml").write_text(RUNS.replace('["3"]', '["7"]'))
    assert main(["--only", "good"], places) == MISSED
    assert "| a size \\| of something | at most 5 MB | 7 MB | FAIL |" in places.page.read_text()


def test_one_figure_topic_or_run_is_run_alone(places):
    figures = places.data / "figures" / "small.toml"
    figures.write_text(FIGURES.replace('value = "other"', 'value = "ratio"'))
    for name in ("ratio", "good"):
        places.store.unlink(missing_ok=True)
        assert main(["--only", name], places) == FINE
        assert read_store(places.store).values.keys() == {"ratio", "size", "untold"}
    assert main(["--only", "small"], places) == NOT_MEASURED


def test_a_need_and_its_place_are_given(places):
    assert main(["--only", "far", "--needs", "engine"], places) == FINE
    assert not read_store(places.store).values
    given = ["--only", "far", "--needs", "engine", "--place", "there=4"]
    assert main(given, places) == FINE
    assert read_store(places.store).last_of("engine").how == "good.py {there}"


@pytest.mark.unhurried
def test_a_script_past_its_budget_keeps_what_it_told(places):
    runs = '[good]\nscript = "slow.py"\nbudget_s = 4\n'
    (places.data / "runs.toml").write_text(runs)
    figures = FIGURES.partition("[figures.untold]")[0].replace('"sizes.small"', '"late"')
    (places.data / "figures" / "small.toml").write_text(
        figures.replace('value = "ratio"', 'value = "early"')
    )
    assert main([], places) == NOT_MEASURED
    store = read_store(places.store)
    assert store.last_of("ratio").value == 1
    assert store.failures["size"].words == "not done after 4 s"


@pytest.mark.unhurried
def test_what_was_told_before_a_broken_line_or_gigabytes_counts(places):
    many = "\nfor _ in range(80): print('x' * 10**6)\nprint('told-figures: {\"a')\n"
    (places.scripts / "good.py").write_text((places.scripts / "good.py").read_text() + many)
    text = (places.scripts / "good.py").read_text().replace("sys.exit(1)", "#")
    (places.scripts / "good.py").write_text(text)
    assert main(["--only", "good"], places) == NOT_MEASURED
    store = read_store(places.store)
    assert store.last_of("ratio").value == 1.1
    assert store.failures["untold"].words == 'not figures by name: told-figures: {"a'


def test_failures_name_no_folder_of_this_machine(places, tmp_path):
    (places.scripts / "bad.py").unlink()
    main(["--only", "bad"], places)
    words = read_store(places.store).failures["broken"].words
    assert "can't open file" in words
    assert str(Path.home()) not in words
    assert sys.executable not in words
    assert tempfile.gettempdir() not in words


@pytest.mark.parametrize("table", ["r = 3", '[good]\nscript = "good.py"', "[good]\nbudget_s = 2"])
def test_a_run_that_is_not_whole_is_told(places, capsys, table):
    (places.data / "runs.toml").write_text(table)
    assert main(["--list"], places) == USAGE
    assert "run: runs.toml: " in capsys.readouterr().err


def test_without_time_nothing_is_started_and_said(places, capsys):
    assert main(["--minutes", "0"], places) == NOT_MEASURED
    assert "no time left for: good, bad" in capsys.readouterr().out
    assert not places.store.exists()


def test_rendering_and_listing_measure_nothing(places, capsys):
    assert main(["--render"], places) == FINE
    assert main(["--list"], places) == FINE
    assert not places.store.exists()
    listed = capsys.readouterr().out
    assert "hand: not measured (by hand)" in listed
    assert "engine: not measured (far: good.py {there}; needs engine)" in listed
    assert places.page.read_text().count("not measured |") >= 5


@pytest.mark.parametrize("given", [["--render"], ["--only", "good"]])
def test_a_page_that_was_edited_by_hand_is_not_written_over(places, capsys, given):
    assert main(["--render"], places) == FINE
    edited = places.page.read_text().replace("About them.", "About them. 7 of 9 pass.")
    for text in (edited, "", f"{edited}\n"):
        places.page.write_text(text)
        assert main(given, places) == USAGE
        assert "RESULTS.md was edited since it was rendered" in capsys.readouterr().err
        assert places.page.read_text() == text
    places.page.unlink()
    assert main(["--render"], places) == FINE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--only", "nothing"], "nothing is neither a figure nor a topic nor a run"),
        (["--place", "there"], "--place takes NAME=PATH, not there"),
    ],
)
def test_what_is_not_known_is_refused(places, capsys, given, said):
    assert main(given, places) == USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"<= 1.15"', '"about 1"'), "small.toml: ratio: a target is one of"),
        (('run = "bad"', 'run = "gone"'), "broken names the run gone"),
        (('by_hand = "a person"', 'run = "bad"'), "hand has a run without a name"),
        (('by_hand = "a person"', ""), "hand has either a run or the reason"),
        (("[figures.hand]", "[figures.hand]\nwhat = 1"), "hand has unknown keys: what"),
        (('words = "by hand"', ""), "small.toml: hand lacks words"),
        (('words = "by hand"', "words = 3"), "hand: words is of the wrong kind: 3"),
        (('title = "Small | figures"', ""), "small.toml lacks title"),
        (("[figures.hand]", "[figures]\nhand = 1\n[figures.other]"), "small.toml"),
    ],
)
def test_defects_of_the_data_are_told_with_their_figure(places, capsys, change, said):
    (places.data / "figures" / "small.toml").write_text(FIGURES.replace(*change))
    assert main(["--render"], places) == USAGE
    assert said in capsys.readouterr().err


def test_a_damaged_store_is_told(places, capsys):
    places.store.write_text(json.dumps({"machines": {}, "failures": {}}))
    assert main(["--render"], places) == USAGE
    assert "measured.json" in capsys.readouterr().err
