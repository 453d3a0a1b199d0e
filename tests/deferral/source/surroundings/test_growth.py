"""The work of judging many own files grows with their number, not with its square."""

import pytest

from importcost.deferral.source.model import SourceText
from importcost.deferral.source.reach.reach import reach_of
from importcost.deferral.source.surroundings.full_names import assigned
from importcost.deferral.source.surroundings.reads import ReadFinder


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
