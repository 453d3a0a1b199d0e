"""The work of judging many own files grows with their number, not with its square."""

from collections import Counter

import pytest

from importcost.deferral.source.model import SourceText
from importcost.deferral.source.reach.reach import reach_of
from importcost.deferral.source.surroundings.full_names import assigned
from importcost.deferral.source.surroundings.installed import InstalledSources
from importcost.deferral.source.surroundings.order import InitOrder
from importcost.deferral.source.surroundings.patch_clashes import PatchClashes
from importcost.deferral.source.surroundings.reads import ReadFinder, StateReads
from importcost.deferral.source.surroundings.state_changes import StateChange


def chain(count):
    """Return files of which each imports and calls the next one."""
    files = {}
    for n in range(count):
        following = f"import part{n + 1}\n" if n + 1 < count else ""
        call = f"part{n + 1}.work()" if n + 1 < count else "1"
        text = f"import os\n{following}LIMIT = os.environ.get('LIMIT_{n}')\n\n\ndef work():\n"
        files[f"part{n}"] = SourceText(f"/task/part{n}.py", f"{text}    return {call}\n", "", False)
    return files


@pytest.mark.parametrize("count", [10, 40])
def test_each_unit_is_read_once_however_many_modules_load_it(count, monkeypatch):
    reach = reach_of(chain(count))
    visits = []
    read = ReadFinder._unit
    monkeypatch.setattr(ReadFinder, "_unit", lambda *at: visits.append(at[1].unit) or read(*at))
    finder = ReadFinder(reach.graph, None)
    found = [finder.of_import(f"part{n}") for n in range(count)]
    # Each module still reads what all those below it do.
    keys = [len(one.aspects["environment"][0]) for one in found]
    assert keys == list(range(count, 0, -1))
    assert len(visits) == len(set(visits)) == count


def test_the_values_of_all_names_of_a_unit_are_found_in_one_pass(monkeypatch):
    lines = "".join(f"name{n} = {n}\n" for n in range(50))
    reach = reach_of({"part": SourceText("/task/part.py", f"{lines}name7 = 8\n", "", False)})
    body = reach.graph.files["part"].body

    class Counted(list):
        passes = 0

        def __iter__(self):
            Counted.passes += 1
            return super().__iter__()

    body.nodes = Counted(body.nodes)
    body.values = None
    values = [assigned(body, f"name{n}") for n in range(50)]
    assert [n for n, value in enumerate(values) if value is None] == [7]
    assert Counted.passes == 1


@pytest.mark.parametrize("count", [10, 40])
def test_what_each_body_runs_is_found_once_for_all_pairs_of_modules(count):
    files = chain(count)
    # A call after the import: it runs the whole chain below it.
    for n in range(count - 1):
        text = files[f"part{n}"].text.replace("def work", f"READY = part{n + 1}.work()\ndef work")
        files[f"part{n}"] = SourceText(f"/task/part{n}.py", text, "", False)
    graph = reach_of(files).graph
    bodies = {code.body.unit for code in graph.files.values()}
    looks: Counter[str] = Counter()

    class Edges(dict):
        def get(self, place, default=None):
            looks[place] += place in bodies
            return super().get(place, default)

    graph.edges = Edges(graph.edges)
    order = InitOrder(graph)
    modules = [f"part{n}" for n in range(count)]
    works = [graph.files[each].body.functions["work"] for each in modules]
    # Line 6 is the last one of a body before its function: only importers go on after it.
    after = [[order.runs_after(unit, 1, module, 6) for unit in works] for module in modules]
    assert after == [[module != "part0" and n > 0 for n in range(count)] for module in modules]
    most = max(looks.values())
    assert most <= 3 + count  # the reach of each body is followed once through those below it


class Counted(set):
    """A set that counts how often it is gone through."""

    passes = 0

    def __iter__(self):
        self.passes += 1
        return super().__iter__()


def test_the_names_that_an_import_reads_are_gone_through_once_for_all_changes():
    reach = reach_of(chain(2))
    names = Counted(f"part1.Table.column{n}()" for n in range(50))
    finder = ReadFinder(reach.graph, None)
    finder._modules["part0"] = StateReads(names=names)
    clashes = PatchClashes(reach.graph.files, finder, None)
    unit = reach.graph.files["part1"].body.unit
    changed = ["part1.Table.column7", "part1.Table.column", "part1.Table", "part1.other"]
    found = [
        clashes.of_import(StateChange(None, what, None, unit, 1), "part0", ()) for what in changed
    ]
    reads = [what for what, reason in zip(changed, found, strict=True) if reason]
    assert reads == ["part1.Table.column7", "part1.Table"]
    assert names.passes == 1


def test_what_a_package_loads_is_found_once():
    imports = {f"pack.part{n}": Counted([f"pack.part{n + 1}"]) for n in range(20)}
    files = {"pack": None, **{f"pack.part{n}": None for n in range(21)}}
    installed = InstalledSources(files, imports)
    assert [len(installed.loads("pack.part0")) for _ in range(3)] == [22, 22, 22]
    assert {each.passes for each in imports.values()} == {1}
