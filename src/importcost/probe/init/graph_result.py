"""Make the recorded imports a result: modules with their files, bytecode and owners."""

import sys

from importcost.probe.init.bytecode import bytecode_state
from importcost.probe.init.ground import Ground
from importcost.probe.init.machinery import ImportMachinery
from importcost.probe.init.modules import is_package, is_stdlib, module_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _owners(os: "Any", files: "set[str]", search_path: "list[str]") -> "dict[str, str]":
    """Map each file to the distribution whose RECORD (or file list) names it.

    An environment may have hundreds of distributions with tens of thousands of files. A folder that
    contains none of the files is skipped, and only metadata of owners is read.
    """
    import importlib.metadata

    owners: dict[str, str] = {}
    # Like the import system: an entry of sys.path that is not a string names no folder.
    for folder in [entry for entry in search_path if isinstance(entry, str)]:
        starts = (os.path.join(folder, ""), os.path.join(os.path.realpath(folder), ""))
        inside = [file for file in files if file.startswith(starts)]
        wanted = {os.path.realpath(file): file for file in inside}
        names = {os.path.basename(path) for path in (*inside, *wanted)}
        for distribution in importlib.metadata.distributions(path=[folder]) if inside else ():
            found = []
            for entry in _entries(distribution):
                if entry.rpartition("/")[2] in names:
                    path = os.path.realpath(str(distribution.locate_file(entry)))
                    if path in wanted:
                        found.append(wanted[path])
            name = distribution.metadata["Name"] if found else None
            if name:
                for file in found:
                    owners.setdefault(file, name)
    return owners


def _entries(distribution: "Any") -> "list[str]":
    """Return the files that a distribution lists, relative to its folder, with slashes.

    `distribution.files` gives the same, but creates an object of many parts for each line.
    """
    record = distribution.read_text("RECORD")
    if not record:
        return [entry.as_posix() for entry in distribution.files or ()]
    found = []
    for line in record.splitlines():
        if line.startswith('"'):
            found.append(line[1:].partition('",')[0].replace('""', '"'))
        else:
            found.append(line.partition(",")[0])
    return found


def _without_own(files: "set[str]", plain: "Any") -> "set[str]":
    """Return the files that a distribution may own: those that the user works on are the user's."""
    own = tuple(folder + "/" for folder in plain["own"]) if plain else ()
    installed = ("/site-packages/", "/dist-packages/")
    return {
        file
        for file in files
        if not file.startswith(own) or any(name in file for name in installed)
    }


def graph_result(
    os: "Any", report: "Any", machinery: ImportMachinery, ground: Ground, loaded: "Any"
) -> "Any":
    """Return the recorded graph with each module's file, bytecode and owner."""
    recorder: Any = report.recorder
    stdlib_dirs = ground.stdlib_dirs
    loads: list[Any] = [(name, None, None, None, "start") for name in recorder.before]
    loads += recorder.loads
    modules: list[Any] = []
    files: set[str] = set()
    for name, loaded_by, own, grown, phase in loads:
        module = ground.left.get(name)
        if module is None or (name == "__main__" and phase == "start"):
            continue
        file = module_file(module)
        if file is None or not os.path.isabs(file):
            file = None
        # Without a file a module is built in or frozen, unless it is a namespace package.
        is_builtin = file is None and not is_package(module)
        stdlib = is_builtin or (file is not None and is_stdlib(file, stdlib_dirs))
        if file is not None and not stdlib:
            files.add(file)
        state = bytecode_state(os, file, machinery)
        modules.append([name, file, loaded_by, own, grown, phase, state, stdlib])
    edges = [[*where, imported, cached] for (where, imported), cached in recorder.edges.items()]
    page_bytes = os.sysconf("SC_PAGE_SIZE")
    files.update(entry[0] for entry in (*loaded["read"], *(loaded["mapped"] or ())))
    search_path = list(sys.path)
    ground.import_own()
    return {
        "modules": modules,
        "edges": edges,
        "tried": sorted(recorder.tried),
        "failed": [[name, *where] for name, where in recorder.failed.items()],
        "owners": _owners(os, _without_own(files, report.plain), search_path),
        "page_bytes": page_bytes,
        "files": loaded,
    }
