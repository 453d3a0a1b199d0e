"""Logs with rows missing, filtered, sorted or swapped: no time counts twice, none is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.request import ProfileRequest
from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.parse import parse_importtime
from importcost.model.importtime.partial import nest_partial, proven_us
from importcost.model.module_facts import most_expensive
from importcost.model.profile import WarningCode
from importcost.model.rows import RowTable
from importcost.model.tree import NO_PARENT, NOT_IN_LOG

LOGS = Path(__file__).parents[2] / "logs"
HEADER = "import time: self [us] | cumulative | imported package\n"
WHOLE = ("boto3.log", "pandas.log", "json-py3.12.log", "lambda-zip-1024.log")


def lines_of(name):
    text = (LOGS / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("import time:")]


LINES = {name: lines_of(name) for name in WHOLE}


def read(lines):
    return profile_log(ProfileRequest(""), ("\n".join(lines) + "\n").encode(), "x.log")


def true_total_us(name):
    """Return the roots' cumulative times: no row is missing and none overlaps."""
    rows = parse_importtime("\n".join(LINES[name]) + "\n").rows
    return sum(
        time for time, depth in zip(rows.cumulative_us, rows.depth, strict=True) if not depth
    )


def check(profile, most_us, rows):
    """Hold a profile against what is true of every subset of a log, within rounding."""
    total = sum(phase.cpu_us for phase in profile.phases)
    assert total <= most_us + rows, (total, most_us)
    init_us = profile.function_init.cpu_us.value
    tree = profile.tree
    assert all(tree.cumulative_us[node] <= init_us for node in most_expensive(profile))
    assert 0 <= profile.function_init.unattributed_share <= 1
    inside = [0] * len(tree)
    counts = [0] * len(tree)
    for node, parent in enumerate(tree.parents):
        if parent != NO_PARENT:
            assert parent < node
            inside[parent] += tree.cumulative_us[node]
            counts[parent] += 1
    for node in range(len(tree)):
        assert tree.self_us[node] + inside[node] <= tree.cumulative_us[node] + counts[node] + 2


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_log_lacks_nothing(name):
    profile = read(LINES[name])
    check(profile, true_total_us(name), len(LINES[name]))
    assert NOT_IN_LOG not in profile.tree.names
    total = sum(phase.cpu_us for phase in profile.phases)
    assert total >= true_total_us(name)
    log = parse_importtime("\n".join(LINES[name]) + "\n")
    trees = build_tree(log), nest_partial(log.rows, "x").tree
    first, second = ([tree.name(node) for node in range(len(tree))] for tree in trees)
    assert first == second
    assert trees[0].parents == trees[1].parents


@given(name=st.sampled_from(WHOLE), data=st.data())
def test_any_subset_of_rows_gives_no_more_than_the_whole(name, data):
    lines = LINES[name]
    kept = data.draw(
        st.one_of(
            st.sets(st.integers(0, len(lines) - 1), min_size=1),
            st.tuples(st.integers(0, len(lines) - 1), st.integers(1, len(lines))).map(
                lambda cut: set(range(cut[0], min(len(lines), cut[0] + cut[1])))
            ),
            st.integers(0, len(lines) - 1).map(lambda gone: set(range(len(lines))) - {gone}),
        )
    )
    subset = [line for number, line in enumerate(lines) if number in kept]
    if not any("| " in line and "self [us]" not in line for line in subset):
        return
    check(read(subset), true_total_us(name), len(lines))


@given(name=st.sampled_from(WHOLE), data=st.data())
def test_any_order_of_any_rows_gives_no_more_than_the_whole(name, data):
    rows = [line for line in LINES[name] if "self [us]" not in line]
    kept = data.draw(st.lists(st.sampled_from(rows), min_size=1, unique=True))
    check(read(kept), true_total_us(name), len(rows))


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    "key",
    [
        lambda line: int(line.split("|")[1]),
        lambda line: int(line.split(":")[1].split("|")[0]),
        lambda line: line,
        lambda line: line.rsplit("|", 1)[1].strip(),
    ],
    ids=["cumulative", "self", "text", "name"],
)
def test_a_sorted_log_gives_no_more_than_the_whole(name, key, reverse):
    rows = sorted((x for x in LINES[name] if "self [us]" not in x), key=key, reverse=reverse)
    check(read(rows), true_total_us(name), len(rows))


# Kinds of partial logs, each with what is right -----------------------------------------------

CUT_AT_START = """\
import time:       289 |        289 |             boto3.docs.waiter
import time:       177 |       1139 |           boto3.docs.resource
import time:       226 |       2889 |     boto3.resources.factory
import time:       201 |      24173 |   boto3.session
import time:       182 |     166399 | boto3
"""
MISSING_IN_THE_MIDDLE = f"""{HEADER}\
import time:       100 |        100 | site
import time:      4000 |       4000 |   numpy.core
import time:       500 |      90000 | pandas
"""
ROOTS_ALONE = f"""{HEADER}\
import time:       100 |        100 | site
import time:       300 |      50000 | boto3
import time:       500 |      90000 | pandas
"""
SORTED = f"""{HEADER}\
import time:       500 |      90000 | pandas
import time:       900 |      60000 |   numpy
import time:      4000 |       4000 |     numpy.core
import time:       100 |        100 | site
"""
DEEP_ROWS_ALONE = """\
import time:      4000 |       4000 |     numpy.core
import time:       900 |      60000 |   numpy
"""
A_PARENT_IS_MISSING = f"""{HEADER}\
import time:       100 |        100 | site
import time:      4000 |       4000 |     numpy.core
import time:       500 |      90000 | pandas
"""


@pytest.mark.parametrize(
    ("text", "total_us", "missing_us", "is_least"),
    [
        # 166,399 less its own 182 and boto3.session's 24,173, and so on down the rows.
        (CUT_AT_START, 166_399, 142_044 + 21_083 + 1_524 + 673, True),
        (MISSING_IN_THE_MIDDLE, 90_000, 85_500, False),
        (ROOTS_ALONE, 140_000, 49_700 + 89_500, False),
        (SORTED, 90_000, 29_500 + 55_100, False),
        (DEEP_ROWS_ALONE, 60_000, 55_100, True),
        (A_PARENT_IS_MISSING, 90_000, 85_500, False),
    ],
)
def test_what_is_missing_is_shown_and_the_rest_holds(text, total_us, missing_us, is_least):
    profile = read(text.splitlines())
    assert profile.function_init.cpu_us.value == pytest.approx(total_us, abs=10)
    assert profile.function_init.unattributed_share == pytest.approx(
        missing_us / total_us, abs=1e-3
    )
    told = {one.code: one.message for one in profile.warnings}
    assert "Not in the log" in told[WarningCode.LOG_LACKS_ROWS]
    assert (WarningCode.LOG_IS_CUT in told) is is_least


def test_rows_of_one_depth_prove_more_than_their_self_times():
    rows = RowTable()
    for name, self_us, time, depth in (("a.b", 10, 500, 1), ("c.d", 10, 700, 1), ("c", 5, 6, 0)):
        rows.names.append(name)
        rows.self_us.append(self_us)
        rows.cumulative_us.append(time)
        rows.depth.append(depth)
    partial = nest_partial(rows, "handler imports")
    assert proven_us(partial, range(len(partial.tree))) == 1_205


@pytest.mark.unhurried
def test_many_rows_out_of_order_come_to_an_end():
    count = 100_000
    rows = RowTable()
    rows.names.extend(f"m{number}" for number in range(count))
    rows.self_us.extend([1] * count)
    rows.cumulative_us.extend([2 + number % 50 for number in range(count)])
    rows.depth.extend([number % 7 for number in range(count)])
    assert len(nest_partial(rows, "handler imports").tree) >= count
