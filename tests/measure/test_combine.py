"""Several traced runs become one tree whose times add up to what untraced runs took."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.measure.combine import combine
from importcost.model.profile import Phase
from importcost.model.tree import NO_PARENT, ImportTree

LABELS = (Phase.INTERPRETER_START.value, "runtime", "probe", "function", "after")
SPANS = {"interpreter_start": 100, "runtime": 200, "function_init": 1000}


def tree_of(rows):
    """Build a tree from (name, parent, self, phase) in preorder."""
    names = tuple(dict.fromkeys(row[0] for row in rows))
    own = array("q", [row[2] for row in rows])
    cumulative = array("q", own)
    for node in range(len(rows) - 1, -1, -1):
        if rows[node][1] != NO_PARENT:
            cumulative[rows[node][1]] += cumulative[node]
    return ImportTree(
        names=names,
        name_ids=array("q", [names.index(row[0]) for row in rows]),
        parents=array("q", [row[1] for row in rows]),
        self_us=own,
        cumulative_us=cumulative,
        phases=LABELS,
        phase_ids=array("q", [LABELS.index(row[3]) for row in rows]),
    )


def run(scale=1):
    return tree_of(
        [
            ("site", -1, 50 * scale, LABELS[0]),
            ("json", -1, 150 * scale, "runtime"),
            ("importlib", -1, 9, "probe"),
            ("handler", -1, 200 * scale, "function"),
            ("pandas", 3, 300 * scale, "function"),
            ("numpy", 4, 490 * scale, "function"),
            ("atexit", -1, 5, "after"),
        ]
    )


def test_the_function_is_scaled_to_the_timed_total():
    totals = {"interpreter_start": 100.0, "runtime": 200.0, "function_init": 500.0}
    combined = combine([run()], [SPANS], totals)
    tree = combined.tree
    assert [tree.name(node) for node in range(len(tree))] == [
        "site", "json", "handler", "pandas", "numpy",
    ]  # fmt: skip
    assert tree.self_us[2:].tolist() == [100, 150, 245]
    assert tree.cumulative_us[2:].tolist() == [495, 395, 245]
    assert combined.unattributed_share == pytest.approx(0.01)
    assert combined.imports_share == pytest.approx(395 / 500)


def test_imports_that_take_more_than_the_total_are_all_of_it():
    # Rows of a span that a switch of the machine's speed made look shorter than they are.
    totals = {"interpreter_start": 100.0, "runtime": 200.0, "function_init": 1000.0}
    combined = combine([run()], [{**SPANS, "function_init": 600}], totals)
    assert combined.imports_share == 1.0


def test_phases_are_those_of_the_design_and_the_probes_rows_are_gone():
    totals = {"interpreter_start": 100.0, "runtime": 200.0, "function_init": 500.0}
    tree = combine([run()], [SPANS], totals).tree
    assert [tree.phases[phase] for phase in tree.phase_ids] == [
        "interpreter start", "runtime", "module body", "handler imports", "handler imports",
    ]  # fmt: skip


def test_a_run_slowed_by_the_machine_does_not_move_the_median():
    totals = {"interpreter_start": 100.0, "runtime": 200.0, "function_init": 1000.0}
    slow = {name: span * 7 for name, span in SPANS.items()}
    combined = combine([run(), run(7), run()], [SPANS, slow, SPANS], totals)
    assert combined.tree.self_us[2:].tolist() == [200, 300, 490]


def test_repeated_and_nested_names_stay_apart():
    rows = [("a", -1, 10, "function"), ("b", 0, 1, "function"), ("a", 1, 2, "function")]
    rows += [("b", 0, 3, "function"), ("b", 0, 4, "function")]
    totals = {"interpreter_start": 1.0, "runtime": 1.0, "function_init": 1000.0}
    tree = combine([tree_of(rows)] * 3, [SPANS] * 3, totals).tree
    assert tree.self_us.tolist() == [10, 1, 2, 3, 4]


def test_rows_that_vary_add_up_to_what_the_runs_spent():
    """Each row is slow in another run: their medians alone would lose that time."""
    totals = {"interpreter_start": 1.0, "runtime": 1.0, "function_init": 1000.0}

    def varied(slow):
        rows = [("handler", -1, 10, "function")]
        rows += [(f"m{n}", 0, 290 if n == slow else 100, "function") for n in range(8)]
        return tree_of(rows)

    tree = combine(
        [varied(n) for n in range(5)], [{**SPANS, "function_init": 1000}] * 5, totals
    ).tree
    assert tree.cumulative_us[0] == pytest.approx(1000, abs=10)
    assert tree.self_us[0] < 15


def test_a_node_that_only_one_run_has_does_not_stop_the_others():
    odd = tree_of([("handler", -1, 990, "function"), ("extra", 0, 5, "function")])
    totals = {"interpreter_start": 100.0, "runtime": 200.0, "function_init": 1000.0}
    combined = combine([run(), odd, run()], [SPANS] * 3, totals)
    assert combined.tree.self_us[-1] in (490, 5)


@given(
    st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=40),
    st.integers(min_value=1, max_value=1_000_000),
)
def test_the_sum_of_self_times_is_the_scaled_root(values, total):
    rows = [("handler", -1, values[0] + 1, "function")]
    rows += [(f"m{n}", n, value, "function") for n, value in enumerate(values[1:])]
    tree = tree_of(rows)
    spans = {**SPANS, "function_init": tree.cumulative_us[0]}
    totals = {"interpreter_start": 1.0, "runtime": 1.0, "function_init": float(total)}
    combined = combine([tree], [spans], totals)
    assert sum(combined.tree.self_us) == combined.tree.cumulative_us[0]
    assert abs(combined.tree.cumulative_us[0] - total) <= len(values)
