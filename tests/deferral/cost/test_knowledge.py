from dataclasses import replace

import pytest

from importcost.deferral.cost.knowledge import MIN_COST_US, hints
from importcost.deferral.cost.known_facts import OWN_CODE, HelpKind, load_entries
from importcost.model.graph import FUNCTION, STDLIB, UNKNOWN_DISTRIBUTION, ImportGraph
from tests.deferral.graph_factory import edge, module, parse, preloaded

SHIPPED = load_entries()
ONE = replace(SHIPPED[0], distribution="lib", module="lib", importer=None, advice="Take less.")


def ask(text, self_us, *entries):
    return hints(parse(text), self_us, entries)


@pytest.mark.parametrize(("cost", "shown"), [(MIN_COST_US, True), (MIN_COST_US - 1, False)])
def test_only_what_costs_a_millisecond_is_hinted_at(cost, shown):
    assert bool(ask("handler:1 > lib", {"lib": cost}, ONE)) == shown


def test_the_cost_is_what_only_the_module_keeps_loaded():
    text = "handler:1 > lib.sub\nlib.sub:2 > guest\nlib:3 > shared\nhandler:4 > shared"
    (hint,) = ask(text, {"lib": 1000, "lib.sub": 200, "guest": 30, "shared": 9000}, ONE)
    assert (hint.cost_us, hint.module, hint.distribution) == (1230, "lib", "lib")
    assert hint.advice.startswith(f"Take less. Measured on another machine on {ONE.date} (boto3")
    assert hint.checked_version == ONE.checked_version


def test_the_costliest_comes_first():
    other = replace(ONE, distribution="big", module="big")
    found = ask("handler:1 > lib\nhandler:2 > big", {"lib": 2000, "big": 3000}, ONE, other)
    assert [hint.module for hint in found] == ["big", "lib"]


GUEST = replace(ONE, module="guest", importer="lib")


@pytest.mark.parametrize(
    ("text", "cost_us"),
    [
        ("handler:1 > lib\nlib:2 > guest", 5000),
        ("handler:1 > lib.sub\nlib.sub:2 > guest.part", 5000),
        # In a function of theirs, called by the handler.
        ("handler:1 > lib\nlib:2@handler:7 > guest", 5000),
        # In a function of the guest, called by the handler: nobody calls it without the guest.
        ("handler:1 > lib\nlib:2 > guest\nguest:9@handler:7 > guest.part", 5000),
        # The handler wants it as well: nothing would go away.
        ("handler:1 > lib\nlib:2 > guest\nhandler:3 > guest", None),
        ("handler:1 > lib\nlib:2@handler:7 > guest\nhandler:8 > guest", None),
        ("handler:1 > lib\nhandler:3 > guest", None),
    ],
)
def test_a_guest_counts_where_only_the_importer_brings_it(text, cost_us):
    found = ask(text, {"lib": 9000, "guest": 5000}, GUEST)
    assert [hint.cost_us for hint in found] == ([] if cost_us is None else [cost_us])


def test_a_module_whose_import_was_not_seen_keeps_nothing_of_its_package():
    # As openai loads its vendored client: by a loader of its own, without an import.
    graph = parse("handler:1 > lib\nlib.vendored:1 > lib")
    modules = (*graph.modules, module("lib.vendored"))
    entry = replace(ONE, importer=OWN_CODE)
    (hint,) = hints(ImportGraph(modules, graph.edges), {"lib": 5000, "lib.vendored": 70}, [entry])
    assert hint.cost_us == 5070


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("handler:1 > lib", True),
        ("handler:1 > helper\nhelper:1 > lib.sub", True),
        ("handler:1 > big\nbig:1 > lib", False),
        ("handler:1 > big\nbig:1 > lib\nhandler:2 > lib", False),
        # The package imports its own parts, for itself and when it is called.
        ("handler:1 > big\nbig:1 > lib\nlib:1 > lib.sub", False),
        ("handler:1 > big\nbig:1 > lib\nlib:9@handler:2 > lib.sub", False),
        ("handler:1 > big\nbig:1 > lib\nlib:1 > lib.sub\nhandler:2 > lib", False),
        ("handler:1 > lib\nlib:9@handler:2 > lib.sub\nlib.sub:9@handler:3 > lib.last", True),
        # Another package's function imports it, called by own code.
        ("handler:1 > big\nbig:5@handler:2 > lib", False),
    ],
)
def test_a_replacement_is_advised_only_where_the_own_code_imports(text, shown):
    entry = replace(ONE, importer=OWN_CODE)
    times = {"lib": 5000, "lib.sub": 3000, "lib.last": 2000}
    assert bool(ask(text, times, entry)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # `from pack import lib` where pack's `__getattr__` imports it.
        ("handler:1 > pack\npack:7@handler:1 > pack.lib", True),
        ("handler:1 > pack\nhelp:7@handler:1 > pack.lib", False),
        ("handler:1 > big\nbig:1 > pack\npack:7@big:2 > pack.lib", False),
    ],
)
def test_a_package_that_loads_its_parts_by_name_serves_own_code(text, shown):
    entry = replace(ONE, distribution="pack", module="pack.lib", importer=OWN_CODE)
    assert bool(ask(text, {"pack": 9000, "pack.lib": 5000}, entry)) == shown


def test_a_part_that_a_staying_package_loads_when_called_is_not_counted():
    text = "handler:1 > lib\nlib:2 > guest\nguest:9@lib:3 > guest.part\nhandler:4 > guest.base"
    times = {"lib": 9000, "guest": 5000, "guest.part": 3000, "guest.base": 2000}
    # guest.base keeps guest, whose function loads guest.part.
    assert ask(text, times, GUEST) == ()
    alone = "handler:1 > lib\nlib:2 > guest\nguest:9@lib:3 > guest.part"
    assert [hint.cost_us for hint in ask(alone, times, GUEST)] == [8000]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({}, ""),
        ({"lib": "2.5"}, ""),
        ({"lib": "2.9.1"}, ""),
        ({"lib": "2.4.9"}, " Your Lib 2.4.9 is older: other modules may be loaded."),
        ({"lib": "2.5rc1"}, " Your Lib 2.5rc1 is older: other modules may be loaded."),
        ({"LIB": "3.0"}, " Your Lib 3.0 is a major version newer: other modules may be loaded."),
        ({"lib": "not a version"}, ""),
        ({"other": "1.0"}, ""),
    ],
)
def test_a_version_that_differs_much_from_the_measured_one_is_told(own, said):
    entry = replace(ONE, versions={"Lib": "2.5"})
    (hint,) = hints(parse("handler:1 > lib"), {"lib": 5000}, [entry], own)
    assert hint.advice.endswith(f"{entry.effect.after_modules} modules.{said}")


def test_several_packages_that_differ_are_one_sentence_each_way():
    entry = replace(ONE, versions={"lib": "2.5", "guest": "1.0", "third": "1", "fourth": "1"})
    own = {"lib": "2.4", "guest": "0.9", "third": "2", "fourth": "0.1"}
    (hint,) = hints(parse("handler:1 > lib"), {"lib": 5000}, [entry], own)
    assert hint.advice.endswith(
        " Your lib 2.4, guest 0.9 and fourth 0.1 are older: other modules may be loaded."
        " Your third 2 is a major version newer: other modules may be loaded."
    )


def test_advice_to_take_a_newer_version_does_not_tell_that_yours_is_older():
    entry = replace(ONE, versions={"lib": "2.5"}, helps=HelpKind.VERSION)
    (hint,) = hints(parse("handler:1 > lib"), {"lib": 5000}, [entry], {"lib": "2.4"})
    assert "older" not in hint.advice


def loading(entry, by):
    """Return the graph of a handler that loads an entry's module by `by`."""
    text = f"handler:1 > {by}\n{by}:1 > {entry.module}" if by else f"handler:1 > {entry.module}"
    named = entry.module if entry.importer in (None, OWN_CODE) else entry.importer
    graph = parse(text)
    modules = tuple(
        replace(one, distribution=entry.distribution)
        if one.name == named or one.name.startswith(named + ".")
        else one
        for one in graph.modules
    )
    return ImportGraph(modules, graph.edges)


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.id)
def test_each_shipped_entry_is_shown_for_its_importer_and_for_no_other(entry):
    times = {entry.module: 50_000}
    by_name = entry.importer not in (None, OWN_CODE)
    graph = loading(entry, entry.importer if by_name else None)
    (hint,) = hints(graph, times, [entry])
    assert (hint.module, hint.cost_us) == (entry.module, 50_000)
    measured = f" Measured on another machine on {entry.date} ({entry.checked_version}): "
    assert measured in hint.advice
    assert "{" not in hint.advice
    others = hints(loading(entry, "other_package"), times, [entry])
    assert bool(others) == (entry.importer is None)


def test_several_packages_are_each_compared():
    entry = replace(ONE, versions={"lib": "2.5", "guest": "1.0"})
    (hint,) = hints(
        parse("handler:1 > lib"), {"lib": 5000}, [entry], {"lib": "2.6", "guest": "0.9"}
    )
    assert hint.advice.endswith(" Your guest 0.9 is older: other modules may be loaded.")


@pytest.mark.parametrize(
    ("wanted", "owner", "shown"),
    [
        ("lib", "lib", True),
        ("My_Lib", "my-lib", True),
        ("lib", UNKNOWN_DISTRIBUTION, True),
        ("lib", FUNCTION, False),
        ("lib", "other", False),
        (STDLIB, STDLIB, True),
        (STDLIB, "lib", False),
    ],
)
def test_a_namesake_of_another_distribution_is_left_alone(wanted, owner, shown):
    graph = parse("handler:1 > lib")
    modules = tuple(replace(m, distribution=owner) if m.name == "lib" else m for m in graph.modules)
    entry = replace(ONE, distribution=wanted)
    assert bool(hints(ImportGraph(modules, graph.edges), {"lib": 5000}, [entry])) == shown


def test_what_the_runtime_has_loaded_is_no_cost():
    graph = parse("handler:1 > a")
    graph = ImportGraph(
        (preloaded("asyncio"), *graph.modules),
        (*graph.edges, edge("a", "asyncio", 2, cached=True)),
    )
    entry = replace(ONE, distribution=STDLIB, module="asyncio")
    assert hints(graph, {"asyncio": 9000}, [entry]) == ()


def test_importers_are_named_in_the_advice():
    entry = replace(ONE, module="lib", advice="Loaded by {importers}.")
    text = "\n".join(f"handler:{n} > p{n}\np{n}:1 > lib.sub" for n in range(1, 6))
    (hint,) = ask(text, {"lib": 5000}, entry)
    assert hint.advice.startswith("Loaded by p1, p2, p3 and 2 more.")


def test_the_shipped_entries_are_the_default():
    graph = parse("handler:1 > jinja2")
    modules = tuple(
        replace(m, distribution="Jinja2") if m.name == "jinja2" else m for m in graph.modules
    )
    graph = ImportGraph(modules, graph.edges)
    (hint,) = hints(graph, {"jinja2": 20_000})
    assert hint.module == "jinja2"
