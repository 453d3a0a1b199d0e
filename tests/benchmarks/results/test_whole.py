"""A whole run that is stopped goes on where it was, cheap ones first, and tells its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.benchmarks.results.catalogue import Run, read_catalogue
from tests.benchmarks.results.main import NOT_MEASURED, main
from tests.benchmarks.results.running import cheap_first
from tests.benchmarks.results.store import Store, Took, Unfinished, read_store, write_store
from tests.benchmarks.results.test_running import FIGURES, places  # noqa: F401 - a fixture
from tests.benchmarks.results.whole import FIGURE

DAY = date(2027, 3, 1)
WHOLE = f"""
[figures.{FIGURE}]
words = "all of it"
target = "<= 30"
unit = "min"
by_hand = "the run itself"
"""


@pytest.fixture
def shop(places):  # noqa: F811
    (places.data / "figures" / "small.toml").write_text(FIGURES + WHOLE)
    return places


def stopped(places, day=None, done=("good",)):  # noqa: F811
    """Leave a whole run behind that was stopped after some of its runs."""
    from tests.benchmarks.results.whole import begun

    store = begun(Store({}, {}), again=False)
    for name in done:
        store = store.with_time(name, Took(DAY, 60.0, 30.0, 1.0))
    if day is not None:
        store = replace(store, unfinished=replace(store.unfinished, day=day))
    write_store(places.store, store)


def test_a_run_that_was_stopped_goes_on_and_then_tells_the_time_of_all(shop, capsys):
    stopped(shop)
    assert main([], shop) == NOT_MEASURED
    said = capsys.readouterr().out
    assert "1 of 2 runs were made before the stop" in said
    assert "[1/1] bad.py" in said
    store = read_store(shop.store)
    assert store.unfinished is None
    value = store.last_of(FIGURE)
    assert 1.0 <= value.value < 1.5
    assert "2 runs; the longest, in s: good 60" in value.words
    assert "| all of it | at most 30 min | 1" in shop.page.read_text()
    assert "| good | 60 | 30 | 2027-03-01 | 1.0 |" in shop.page.read_text()


@pytest.mark.parametrize("given", [["--again"], []])
def test_an_old_one_or_one_that_shall_begins_again(shop, capsys, given):
    stopped(shop, day=None if given else DAY - timedelta(days=3000))
    main(given, shop)
    assert "[1/2]" in capsys.readouterr().out


def test_time_for_all_that_is_over_is_no_failure_of_the_one_that_ran(shop):
    text = (shop.scripts / "slow.py").read_text()
    (shop.scripts / "good.py").write_text(text)
    figures = (FIGURES + WHOLE).replace('value = "ratio"', 'value = "early"')
    (shop.data / "figures" / "small.toml").write_text(figures)
    assert main(["--minutes", "0.1"], shop) == NOT_MEASURED
    store = read_store(shop.store)
    assert store.unfinished is not None
    assert "good" not in store.unfinished.done
    assert "size" not in store.failures
    assert store.last_of(FIGURE) is None


def test_cheap_runs_come_first_and_unknown_ones_by_their_budget():
    runs = [
        Run(name, "x.py", (), (), budget) for name, budget in (("a", 9.0), ("b", 99.0), ("c", 5.0))
    ]
    store = Store({}, {}, {"b": Took(DAY, 1.0, 1.0, None)})
    assert [run.name for run in cheap_first(runs, store)] == ["b", "c", "a"]


def test_times_and_a_stop_are_kept_and_read_again(tmp_path):
    store = Store({}, {}, {"b": Took(DAY, 1.5, 1.0, None)}, Unfinished(DAY, "0.1.0", ("b",)))
    write_store(tmp_path / "store.json", store)
    assert read_store(tmp_path / "store.json") == store


def test_a_reason_is_shown_while_the_target_is_missed(shop):
    figures = (FIGURES + WHOLE).replace(
        'words = "breaks"', 'words = "breaks"\nwhy = "it is broken."'
    )
    (shop.data / "figures" / "small.toml").write_text(figures)
    main(["--render"], shop)
    assert "- breaks: it is broken." in shop.page.read_text()
    assert read_catalogue(shop.data).figures_of("bad")[0].why == "it is broken."
    (shop.scripts / "bad.py").write_text(
        (shop.scripts / "good.py")
        .read_text()
        .replace("ratio=(1.1, ", "any=(0, ")
        .replace("sys.argv[1]", "1")
    )
    main(["--only", "bad"], shop)
    assert "it is broken" not in shop.page.read_text()
