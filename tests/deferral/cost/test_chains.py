import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given

from importcost.deferral.cost.chains import cut, import_chains
from importcost.deferral.cost.costs import ImportCosts
from importcost.deferral.cost.flow import own_files
from importcost.model.graph import RUNTIME_IMPORTER, EdgeKind, ImportEdge, ImportGraph
from tests.deferral.cost.test_costs import import_texts, key
from tests.deferral.graph_factory import edge, file_of, module, parse, preloaded

TEXT = """
    handler:1 > pandas
    pandas:3 > numpy
    handler:2 > scipy
    scipy:5 > scipy.linalg
    scipy.linalg:7 > numpy.linalg
    scipy:6 > numpy
"""


def words(chain):
    return [chain.start] + [f"{hop.imported}@{hop.importer}:{hop.line}" for hop in chain.hops]


def with_runtime(text, *edges):
    graph = parse(text)
    start = ImportEdge(RUNTIME_IMPORTER, "awslambdaric", None, None, False, EdgeKind.STATEMENT)
    modules = (preloaded("awslambdaric"), preloaded("json"), *graph.modules)
    return ImportGraph(modules, (start, edge("awslambdaric", "json", 4), *edges, *graph.edges))


def own_cut(graph, name):
    return cut(graph, name, own_files(graph))


def test_chains_are_listed_shortest_first_and_end_where_they_enter_the_package():
    found = import_chains(parse(TEXT), "numpy")
    assert [words(chain) for chain in found.chains] == [
        ["handler", "pandas@handler:1", "numpy@pandas:3"],
        ["handler", "scipy@handler:2", "numpy@scipy:6"],
        ["handler", "scipy@handler:2", "scipy.linalg@scipy:5", "numpy.linalg@scipy.linalg:7"],
    ]
    assert (found.is_loaded, found.preloaded, found.more) == (True, False, 0)
    assert found.chains[0].hops[0].file == file_of("handler")


def test_a_submodule_has_chains_of_its_own():
    (chain,) = import_chains(parse(TEXT), "numpy.linalg").chains
    assert words(chain)[-1] == "numpy.linalg@scipy.linalg:7"


def test_the_load_of_a_parent_package_is_a_hop_of_its_kind():
    graph = parse("handler:1 > a.b\na:2 > wanted")
    (chain,) = import_chains(graph, "wanted").chains
    kinds = [hop.kind for hop in chain.hops]
    assert kinds == [EdgeKind.STATEMENT, EdgeKind.PARENT, EdgeKind.STATEMENT]


def test_an_import_in_a_function_is_reached_from_the_body_that_called_it():
    (chain,) = import_chains(parse("handler:1 > a\na:9@handler:5 > lazy"), "lazy").chains
    (hop,) = chain.hops
    assert (hop.body, hop.body_line, hop.importer, hop.line) == ("handler", 5, "a", 9)


def test_the_limit_bounds_the_list_and_the_rest_is_counted():
    text = "\n".join(f"handler:{n} > p{n}\np{n}:1 > numpy" for n in range(1, 8))
    found = import_chains(parse(text), "numpy", limit=3)
    assert (len(found.chains), found.more, found.more_is_minimum) == (3, 4, False)


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        import_chains(parse(TEXT), "numpy", limit=0)


def test_a_module_that_is_not_loaded_brings_similar_names():
    found = import_chains(parse(TEXT), "nunpy")
    assert (found.is_loaded, found.chains) == (False, ())
    assert found.close[0] == "numpy"
    assert "is not loaded" in own_cut(parse(TEXT), "nunpy").reason


def test_what_the_runtime_loads_has_chains_from_the_runtime_and_no_cut():
    graph = with_runtime("handler:1 > pandas", edge("pandas", "json", 8, cached=True))
    found = import_chains(graph, "json")
    assert found.preloaded
    assert [(chain.start, chain.from_runtime) for chain in found.chains] == [
        ("awslambdaric", True),
        ("handler", False),
    ]
    result = own_cut(graph, "json")
    assert result.statements == ()
    assert "runtime" in result.reason


def test_the_handler_itself_is_a_chain_without_hops_and_cannot_be_cut():
    graph = parse("handler:1 > a")
    (chain,) = import_chains(graph, "handler").chains
    assert (chain.start, chain.hops) == ("handler", ())
    assert "none of your own import statements" in own_cut(graph, "handler").reason


def test_a_module_without_a_recorded_import_is_reached_through_its_loader():
    graph = parse("handler:1 > c_module")
    graph = ImportGraph((*graph.modules, module("_strptime", "c_module")), graph.edges)
    (chain,) = import_chains(graph, "_strptime").chains
    assert chain.hops[-1].body == "c_module"
    assert own_cut(graph, "_strptime").statements == (key(1),)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (TEXT, "numpy", [key(1), key(2)]),
        (TEXT, "numpy.linalg", [key(2)]),
        (TEXT, "pandas", [key(1)]),
        # One statement in the helper instead of the handler's two.
        (
            "handler:1 > helper\nhandler:2 > a\na:5 > helper\nhelper:3 > pandas",
            "pandas",
            [key(3, name="helper")],
        ),
        # Nearest to the module: the helper itself may stay.
        ("handler:1 > helper\nhelper:3 > pandas", "pandas", [key(3, name="helper")]),
        # One in the handler instead of the helper's two.
        (
            "handler:1 > helper\nhelper:3 > a\nhelper:4 > b\na:1 > numpy\nb:1 > numpy",
            "numpy",
            [key(1)],
        ),
    ],
)
def test_the_cut_is_the_fewest_statements_nearest_to_the_module(text, name, expected):
    assert list(own_cut(parse(text), name).statements) == expected


def test_many_chains_in_a_dense_graph_are_found_in_bounded_time():
    layers = [[f"l{layer}n{n}" for n in range(12)] for layer in range(12)]
    rows = [f"handler:{n + 1} > {name}" for n, name in enumerate(layers[0])]
    for upper, lower in pairwise(layers):
        rows += [f"{a}:{n} > {b}" for a in upper for n, b in enumerate(lower, 1)]
        rows += [f"{b}:99 > {a}" for a in upper for b in lower]
    rows += [f"{name}:1 > goal" for name in layers[-1]]
    start = time.process_time()
    found = import_chains(parse("\n".join(rows)), "goal")
    assert time.process_time() - start < 5
    assert len(found.chains) == 20
    assert found.more_is_minimum
    assert found.more >= 1


@given(import_texts())
def test_chains_are_simple_connected_and_in_order(text):
    graph = parse(text)
    for name in ("a", "b", "a.x", "c"):
        chains = import_chains(graph, name).chains
        lengths = [len(chain.hops) for chain in chains]
        assert lengths == sorted(lengths)
        assert len(set(chains)) == len(chains)
        for chain in chains:
            visited = [chain.start, *(hop.imported for hop in chain.hops)]
            assert len(set(visited)) == len(visited)
            assert [hop.body for hop in chain.hops] == visited[:-1]
            assert visited[-1] == name or visited[-1].startswith(name + ".")


@given(import_texts())
def test_a_cut_frees_the_module_and_no_smaller_set_does(text):
    graph = parse(text)
    costs = ImportCosts(graph, {}, own_files(graph))
    for name in ("a", "b.x", "c"):
        result = own_cut(graph, name)
        if result.reason is not None:
            assert not import_chains(graph, name).is_loaded or name not in costs.modules_of(
                costs.keys()
            )
            continue
        assert name in costs.modules_of(result.statements)
        for fewer in combinations(costs.keys(), len(result.statements) - 1):
            assert name not in costs.modules_of(fewer)
