"""Small import graphs, written down as lines of text."""

from array import array

from importcost.model.graph import (
    FUNCTION,
    RUNTIME_IMPORTER,
    STDLIB,
    BytecodeState,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.profile import Phase
from importcost.model.tree import NO_PARENT, ImportTree

ROOT_DIR = "/var/task"


def file_of(name, own=("handler", "helper")):
    folder = ROOT_DIR if name.partition(".")[0] in own else "/site-packages"
    return f"{folder}/{name.replace('.', '/')}.py"


def module(name, loaded_by=None, *, distribution=None, phase=Phase.HANDLER_IMPORTS, **values):
    own = name.partition(".")[0] in ("handler", "helper")
    facts = {
        "file": file_of(name),
        "bytecode": BytecodeState.ABSENT,
        "rss_self_bytes": None,
        "rss_cumulative_bytes": None,
        **values,
    }
    owner = distribution or (FUNCTION if own else name.partition(".")[0])
    return LoadedModule(
        name=name, distribution=owner, phase=phase.value, loaded_by=loaded_by, **facts
    )


def preloaded(name):
    return module(name, distribution=STDLIB, phase=Phase.RUNTIME)


def edge(importer, imported, line, *, cached=False, kind=EdgeKind.STATEMENT, cause=None):
    """An import; `cause` is (module, line) for one that stands in a function."""
    body, body_line = cause or (importer, line)
    return ImportEdge(importer, imported, file_of(importer), line, cached, kind, body, body_line)


def parse(text):
    """Build a graph from lines `importer:line > imported`, the first of them the handler's.

    `importer:line@body:line > imported` is an import in a function that a body called. An
    import is cached where its module stands in an earlier line. Parents follow from the names.
    """
    loaded, edges = {"handler": None}, []
    edges.append(ImportEdge(RUNTIME_IMPORTER, "handler", None, None, False, EdgeKind.STATEMENT))
    for row in filter(None, (line.strip() for line in text.splitlines())):
        left, imported = (part.strip() for part in row.split(">"))
        place, _, cause = left.partition("@")
        importer, line = place.split(":")
        body = (cause.split(":")[0], int(cause.split(":")[1])) if cause else None
        known = imported in loaded
        edges.append(edge(importer, imported, int(line), cached=known, cause=body))
        loaded.setdefault(imported, body[0] if body else importer)
    for name in tuple(loaded):
        while parent := name.rpartition(".")[0]:
            loaded.setdefault(parent, name)
            edges.append(ImportEdge(name, parent, None, None, True, EdgeKind.PARENT))
            name = parent
    return ImportGraph(tuple(module(name, by) for name, by in loaded.items()), tuple(edges))


def tree(rows):
    """Build a tree from (name, parent node or -1, self us, phase) in preorder."""
    names = tuple(dict.fromkeys(row[0] for row in rows))
    phases = tuple(phase.value for phase in Phase)
    cumulative = [row[2] for row in rows]
    for node in range(len(rows) - 1, -1, -1):
        if rows[node][1] != NO_PARENT:
            cumulative[rows[node][1]] += cumulative[node]
    return ImportTree(
        names=names,
        name_ids=array("l", (names.index(row[0]) for row in rows)),
        parents=array("l", (row[1] for row in rows)),
        self_us=array("q", (row[2] for row in rows)),
        cumulative_us=array("q", cumulative),
        phases=phases,
        phase_ids=array("l", (phases.index(row[3].value) for row in rows)),
    )
