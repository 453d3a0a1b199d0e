from importcost.app.defer.sources import read_sources
from importcost.model.graph import FUNCTION, BytecodeState, ImportGraph, LoadedModule
from importcost.model.profile import Target


def own(name, file):
    return LoadedModule(
        name=name,
        file=str(file),
        distribution=FUNCTION,
        phase="handler imports",
        bytecode=BytecodeState.ABSENT,
        loaded_by=None,
        rss_self_bytes=None,
        rss_cumulative_bytes=None,
    )


def test_a_path_that_leaves_the_task_root_is_not_in_it(tmp_path):
    root, lib = tmp_path / "task", tmp_path / "lib"
    for folder in (root, lib):
        folder.mkdir()
        (folder / "x.py").write_text("import json\n")
    modules = (own("x", root / "x.py"), own("y", f"{root}/../lib/x.py"))
    target = Target("x", None, str(root), str(root / "x.py"))
    found = read_sources(ImportGraph(modules, ()), target, (3, 12))
    assert list(found.files) == [str(root / "x.py")]
