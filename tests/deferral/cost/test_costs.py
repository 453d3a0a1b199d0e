import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.deferral.cost.costs import ImportCosts, self_us_by_name
from importcost.deferral.cost.flow import StatementKey, own_files
from importcost.model.advice import SourcePlace
from importcost.model.graph import RUNTIME_IMPORTER, EdgeKind, ImportEdge, ImportGraph
from importcost.model.profile import Phase
from tests.deferral.graph_factory import edge, file_of, module, parse, preloaded, tree

BODY, IMPORTS, RUNTIME = Phase.MODULE_BODY, Phase.HANDLER_IMPORTS, Phase.RUNTIME
SHARED = """
    handler:1 > pandas
    pandas:3 > numpy
    handler:2 > scipy
    scipy:5 > numpy
    handler:3 > requests
"""
TIMES = {"handler": 1, "pandas": 100, "numpy": 40, "scipy": 30, "requests": 7}


def key(line, end=None, name="handler", imported=None, column=0):
    return StatementKey(SourcePlace(file_of(name), line, end or line, column), imported)


def costs_of(text, self_us, keys=()):
    graph = parse(text)
    return ImportCosts(graph, self_us, own_files(graph), keys)


def test_what_two_statements_share_is_saved_only_jointly():
    costs = costs_of(SHARED, TIMES)
    assert costs.exclusive_us([key(1)]) == 100
    assert costs.exclusive_us([key(2)]) == 30
    assert costs.exclusive_us([key(1), key(2)]) == 170
    assert costs.modules_of([key(1), key(2)]) == ("pandas", "numpy", "scipy")
    assert costs.exclusive_by_statement() == {key(1): 100, key(2): 30, key(3): 7}


def test_cumulative_is_what_was_loaded_first():
    costs = costs_of(SHARED, TIMES)
    assert [costs.cumulative_us([key(line)]) for line in (1, 2, 3)] == [140, 30, 7]
    assert costs.cumulative_us([key(1), key(3), key(1)]) == 147


def test_a_submodule_keeps_its_parent():
    costs = costs_of(
        """
        handler:1 > a
        handler:2 > b
        b:9 > a.sub.leaf
        """,
        {"a": 50, "a.sub": 5, "a.sub.leaf": 3, "b": 1},
    )
    assert costs.exclusive_us([key(1)]) == 0
    assert costs.exclusive_us([key(2)]) == 9
    assert costs.exclusive_us([key(1), key(2)]) == 59


def test_an_import_in_a_called_function_belongs_to_the_statement_that_called_it():
    costs = costs_of(
        """
        handler:1 > boto3
        boto3.session:90@handler:10 > botocore.parsers
        """,
        {"boto3": 20, "botocore.parsers": 8},
    )
    assert costs.exclusive_us([key(10)]) == 8
    assert costs.exclusive_us([key(1)]) == 20
    assert costs.exclusive_us([key(1), key(10)]) == 28


def test_a_cause_in_a_third_party_body_is_no_statement_of_the_user():
    costs = costs_of(
        """
        handler:1 > lib
        handler:2 > helper
        helper:7@lib:4 > extra
        """,
        {"lib": 20, "extra": 8},
    )
    assert costs.exclusive_us([key(1)]) == 28
    assert costs.exclusive_us([key(7, name="helper")]) == 8


def test_an_import_in_an_own_function_goes_with_either_line():
    text = "handler:1 > helper\nhelper:7@handler:4 > pandas"
    costs = costs_of(text, {"pandas": 9, "helper": 1})
    by_statement = costs.exclusive_by_statement()
    assert by_statement[key(4)] == 9
    assert by_statement[key(7, name="helper")] == 9
    assert by_statement[key(1)] == 1


def test_lines_of_a_long_statement_are_one():
    long = key(1, 5)
    costs = costs_of(
        "handler:2 > a\nhandler:4 > b\nhandler:6 > c", {"a": 1, "b": 2, "c": 4}, [long]
    )
    assert costs.exclusive_by_statement() == {long: 3, key(6): 4}


def test_the_innermost_statement_around_a_line_counts():
    block, inner = key(1, 9), key(4)
    costs = costs_of("handler:4 > a\nhandler:8 > b", {"a": 1, "b": 2}, [block, inner])
    assert costs.exclusive_by_statement() == {inner: 1, block: 2}


def test_statements_on_one_line_are_told_apart_by_name():
    first, second = key(1, imported=("a",)), key(1, imported=("a.sub", "b"), column=10)
    rest = key(1, column=40)
    text = """
        handler:1 > a
        handler:1 > a.sub.leaf
        handler:1 > b
        b:70@handler:1 > lazily
        handler:1 > other
    """
    times = {"a": 1, "a.sub.leaf": 2, "b": 4, "lazily": 8, "other": 16}
    costs = costs_of(text, times, [first, second, rest])
    assert costs.exclusive_by_statement() == {first: 0, second: 14, rest: 16}


def test_an_import_that_continues_on_the_next_line_is_no_part_of_the_one_before_it():
    first, second, third = (
        key(1, imported=("a",)),
        key(1, 2, imported=("b",), column=10),
        key(1, 2, imported=("c", "c.name"), column=10),
    )
    text = "handler:1 > a\nhandler:1 > b\nhandler:1 > c"
    costs = costs_of(
        text, {"a": 1, "b": 2, "c": 4}, [key(1), key(1, 2, column=10), first, second, third]
    )
    assert costs.exclusive_by_statement() == {first: 1, second: 2, third: 4}


def test_what_a_call_loads_beside_an_import_belongs_to_the_call():
    named, call = key(1, imported=("a",)), key(1, 2, column=10)
    text = "handler:1 > a\nlazy:3@handler:1 > surprise"
    costs = costs_of(text, {"a": 1, "surprise": 2}, [key(1), named, call])
    assert costs.exclusive_by_statement() == {named: 3}
    beside = key(1, column=10)
    costs = costs_of(text, {"a": 1, "surprise": 2}, [key(1), named, beside])
    assert costs.exclusive_by_statement() == {named: 1, beside: 2}


def test_all_that_a_line_loads_belongs_to_the_only_import_on_it():
    named = key(1, imported=("a",))
    text = "handler:1 > a\nlazy:3@handler:1 > surprise"
    costs = costs_of(text, {"a": 1, "surprise": 2}, [key(1), named])
    assert costs.exclusive_by_statement() == {named: 3}


def test_what_no_name_tells_apart_is_saved_by_both_only():
    first, second = key(1, imported=("a",)), key(1, imported=("b",))
    costs = costs_of(
        "handler:1 > a\nhandler:1 > surprise", {"a": 1, "surprise": 2}, [first, second]
    )
    assert costs.exclusive_us([first]) == 1
    assert costs.exclusive_us([first, second]) == 3


def test_the_preload_costs_nothing_and_frees_nothing():
    graph = ImportGraph(
        (preloaded("json"), module("handler"), module("lib", "handler")),
        (
            ImportEdge(RUNTIME_IMPORTER, "handler", None, None, False, EdgeKind.STATEMENT),
            edge("handler", "json", 1, cached=True),
            edge("handler", "lib", 2),
        ),
    )
    costs = ImportCosts(graph, {"json": 500, "lib": 2}, own_files(graph))
    assert costs.exclusive_us([key(1), key(2)]) == 2
    assert "runtime" in costs.kept_by(key(1))
    assert costs.kept_by(key(2)) is None


def test_a_module_that_no_import_explains_hangs_on_its_loader():
    graph = parse("handler:1 > c_module")
    graph = ImportGraph((*graph.modules, module("_strptime", "c_module")), graph.edges)
    costs = ImportCosts(graph, {"c_module": 1, "_strptime": 2}, own_files(graph))
    assert costs.exclusive_us([key(1)]) == 3


def test_an_import_by_nameless_code_belongs_to_whoever_loaded_the_module():
    graph = parse("handler:1 > a\na:2 > b")
    nameless = ImportEdge(RUNTIME_IMPORTER, "b", "<string>", 1, True, EdgeKind.STATEMENT)
    graph = ImportGraph(graph.modules, (*graph.edges, nameless))
    costs = ImportCosts(graph, {"a": 1, "b": 2}, own_files(graph))
    assert costs.exclusive_us([key(1)]) == 3


def test_lines_of_executed_text_are_no_lines_of_the_file():
    graph = parse("handler:1 > a")
    executed = ImportEdge("handler", "b", "<string>", 1, False, EdgeKind.STATEMENT, "handler", 1)
    graph = ImportGraph((*graph.modules, module("b", "handler")), (*graph.edges, executed))
    costs = ImportCosts(graph, {"a": 1, "b": 2}, own_files(graph))
    assert costs.exclusive_us([key(1)]) == 1


def test_a_module_without_any_origin_is_never_a_saving():
    graph = parse("handler:1 > a")
    graph = ImportGraph((*graph.modules, module("injected")), graph.edges)
    costs = ImportCosts(graph, {"a": 1, "injected": 2}, own_files(graph))
    assert costs.exclusive_us(costs.keys()) == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (1, "scipy.sub (scipy/sub.py:5) through handler.py:2"),
        (4, "handler (handler.py:1)"),
        (3, None),
    ],
)
def test_kept_by_names_the_other_importer(line, expected):
    text = """
        handler:1 > numpy
        handler:2 > scipy.sub
        scipy.sub:5 > numpy
        handler:3 > requests
        handler:4 > numpy
    """
    if line == 1:
        text = "\n".join(text.splitlines()[:-2])
    assert costs_of(text, {"numpy": 5}).kept_by(key(line)) == expected


def test_what_a_statement_finds_preloaded_does_not_hide_that_nobody_else_loads_the_rest():
    graph = parse("handler:1 > a")
    graph = ImportGraph(
        (preloaded("json"), *graph.modules), (*graph.edges, edge("handler", "json", 1, cached=True))
    )
    costs = ImportCosts(graph, {"a": 1}, own_files(graph))
    assert costs.kept_by(key(1)) is None


def test_only_a_statement_whose_every_module_is_preloaded_is_preloaded():
    graph = parse("handler:1 > a")
    cached = [edge("handler", "json", line, cached=True) for line in (1, 2)]
    graph = ImportGraph((preloaded("json"), *graph.modules), (*graph.edges, *cached))
    costs = ImportCosts(graph, {"a": 1}, own_files(graph))
    assert [costs.is_preloaded(key(line)) for line in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (1, "the import of handler.main, which lies in handler,"),
        (2, None),
        (3, "handler (handler.py:7)"),
    ],
)
def test_a_package_is_kept_by_its_own_module_and_hides_no_other_importer(line, expected):
    names = (("handler.main", None), ("handler", "handler.main"), ("helper", "handler"))
    loaded = [module(name, by) for name, by in (*names, ("b", "handler.main"))]
    graph = ImportGraph(
        tuple(loaded),
        (
            ImportEdge(RUNTIME_IMPORTER, "handler.main", None, None, False, EdgeKind.STATEMENT),
            ImportEdge("handler.main", "handler", None, None, True, EdgeKind.PARENT),
            edge("handler", "helper", 7),
            edge("handler.main", "handler", 1, cached=True),
            edge("handler.main", "handler", 2, cached=True),
            edge("handler.main", "b", 2),
            edge("handler.main", "handler", 3, cached=True),
            edge("handler.main", "helper", 3, cached=True),
        ),
    )
    costs = ImportCosts(graph, {"helper": 5, "b": 3}, own_files(graph))
    assert costs.kept_by(key(line, name="handler.main")) == expected


def test_an_unknown_statement_costs_nothing():
    costs = costs_of(SHARED, TIMES)
    assert costs.exclusive_us([key(77)]) == 0
    assert costs.cumulative_us([key(77)]) == 0
    assert costs.kept_by(key(77)) is None


def test_self_times_sum_the_function_phases():
    rows = [
        ("json", -1, 50, RUNTIME),
        ("handler", -1, 3, BODY),
        ("a", 1, 10, IMPORTS),
        ("a", 2, 5, IMPORTS),
        ("threaded", 1, -7, IMPORTS),
    ]
    assert self_us_by_name(tree(rows)) == {"handler": 3, "a": 15, "threaded": 0}


def test_a_row_that_is_no_module_counts_for_the_one_above():
    rows = [("handler", -1, 3, BODY), ("a", 0, 10, IMPORTS), ("a.nosuchattr", 1, 5, IMPORTS)]
    assert self_us_by_name(tree(rows), {"handler", "a"}) == {"handler": 3, "a": 15}


@st.composite
def import_texts(draw):
    names = ["handler", "helper", "a", "b", "a.x", "a.y", "b.x", "c"]
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(names), st.integers(1, 6), st.sampled_from(names[1:])),
            max_size=20,
        )
    )
    return "\n".join(f"{importer}:{line} > {imported}" for importer, line, imported in rows)


@given(import_texts())
def test_singles_joint_and_reachability_agree(text):
    names = ["helper", "a", "b", "a.x", "a.y", "b.x", "c"]
    costs = costs_of(text, {name: 2**at for at, name in enumerate(names)})
    singles = costs.exclusive_by_statement()
    keys = costs.keys()
    assert {key: costs.exclusive_us([key]) for key in keys} == singles
    for at in range(len(keys)):
        joint = costs.exclusive_us(keys[: at + 1])
        assert joint >= costs.exclusive_us(keys[:at])
        assert joint >= max(singles[k] for k in keys[: at + 1])
