"""Objects whose getters threads may call: each is made once only if its getter takes a lock.

`functools.cache` runs its function once for each thread that asks before the first has an answer.
boto3's default session, and any session that getters share, is not thread-safe while clients are
made from it: all getters that make clients take one lock, which one file has to hold alone.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from importcost.deferral.source.model import ModuleObject, SourceFile, UseKind
from importcost.deferral.source.names import FUNCTIONS, alias_name, attribute_chain
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.reach.reach import Reach
from importcost.model.advice import DeferVerdict, VerdictKind

_MAKERS = frozenset(("client", "resource", "create_client"))
_SDKS = ("boto3", "botocore")
_LOCK_WORDS = ("lock", "mutex", "guard", "semaphore", "condition")
_SESSION = "a session is not thread-safe while clients are made from it"


@dataclass(frozen=True, slots=True)
class _Clients:
    """The places where one file makes clients: objects by name, and the line of a function."""

    objects: frozenset[str]
    in_function: int | None


def with_locks(
    files: Mapping[str, SourceFile], reach: Reach, threads_seen: str = ""
) -> dict[str, SourceFile]:
    """Return the files, by path, with every object marked whose getter threads may call.

    `threads_seen` is a clause on threads that a launch was seen to start: the code that they run
    may be any, however it got there.

    An object that no lock of its file makes safe has to stay: threads cannot make it then.
    """
    threaded = {path: _threaded(file, reach, threads_seen) for path, file in files.items()}
    clients = {path: _clients(file) for path, file in files.items()}
    together = {path for path in files if threaded[path] & clients[path].objects}
    if together:
        # A thread that makes one client races with all others that are made then.
        for path in files:
            threaded[path] = _with_needs(files[path], threaded[path] | clients[path].objects)
    refused = _refused(files, threaded, clients) if together else {}
    crossed = _crossed(files, threaded, reach)
    return {
        path: _marked(
            file,
            threaded[path],
            {**refused.get(path, {}), **crossed.get(path, {}), **_guarded(file, reach)},
            threads_seen,
        )
        for path, file in files.items()
    }


def _threaded(file: SourceFile, reach: Reach, threads_seen: str) -> frozenset[str]:
    """Return the objects that functions use which threads may run, and those that they need."""
    found = {
        made.name
        for made in file.objects
        for use in made.uses
        if use.kind is UseKind.FUNCTION
        and (threads_seen or reach.in_thread(file.module, use.span) is not None)
    }
    return _with_needs(file, found)


def _with_needs(file: SourceFile, names: Collection[str]) -> frozenset[str]:
    """Return objects with those that their values need: one getter calls the other."""
    needs = {made.name: made.needs for made in file.objects}
    found: set[str] = set()
    waiting = [name for name in names if name in needs]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [need for need in needs[name] if need in needs]
    return frozenset(found)


def _clients(file: SourceFile) -> _Clients:
    parsed = parse(file.source)
    if not isinstance(parsed, Parsed):
        return _Clients(frozenset(), None)
    sdk = set(_sdk_names(parsed.tree))
    names = {made.name for made in file.objects}
    makes: set[str] = set()
    lines: list[int] = []
    for call, in_function in _calls(parsed.tree):
        chain = attribute_chain(call.func)
        if not chain or chain[-1] not in _MAKERS:
            continue
        if not in_function:
            makes |= {
                made.name
                for made in file.objects
                if made.line <= call.lineno <= made.end_line
                and made.verdict.kind is VerdictKind.NEEDS_GETTER
            }
        elif chain[0] in sdk or chain[0] in names:
            lines.append(call.lineno)
    return _Clients(frozenset(makes), min(lines, default=None))


def _sdk_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that imports of AWS's SDK bind, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                if module.partition(".")[0] in _SDKS:
                    yield alias_name(alias)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    """Yield each call, and True if it runs with a function only."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, inside = pending.pop()
        if isinstance(node, ast.Call):
            yield node, inside
        within = inside or isinstance(node, (*FUNCTIONS, ast.Lambda))
        pending += [(child, within) for child in ast.iter_child_nodes(node)]


def _refused(
    files: Mapping[str, SourceFile],
    threaded: Mapping[str, frozenset[str]],
    clients: Mapping[str, _Clients],
) -> dict[str, dict[str, str]]:
    """Return the reasons against objects that make clients where one lock is not enough.

    One file's getters share a lock. Clients of other files, and those that functions make without
    it, would race with them.
    """
    making = [path for path in files if threaded[path] & clients[path].objects]
    elsewhere = [path for path in files if clients[path].in_function is not None]
    if elsewhere:
        path = elsewhere[0]
        where = f"line {clients[path].in_function} of {files[path].module}"
        reason = f"threads may make it while {where} makes a client, and {_SESSION}"
        return {path: dict.fromkeys(clients[path].objects, reason) for path in making}
    if len(making) < 2:
        return {}
    # The file that makes most of them is the one whose getters pay.
    kept = max(making, key=lambda path: (len(clients[path].objects), path))
    reason = f"threads may make it while {files[kept].module} makes clients, and {_SESSION}"
    return {path: dict.fromkeys(clients[path].objects, reason) for path in making if path != kept}


def _crossed(
    files: Mapping[str, SourceFile], threaded: Mapping[str, frozenset[str]], reach: Reach
) -> dict[str, dict[str, str]]:
    """Return the reasons against objects of files that import each other and both need a lock.

    One thread may hold the first lock and wait for the second, another one the other way round.
    """
    locked = {files[path].module: path for path in files if threaded[path]}
    loads = {module: _loaded(module, reach) for module in locked}
    found: dict[str, dict[str, str]] = {}
    for module, path in locked.items():
        for other in loads[module] & locked.keys() - {module}:
            if module in loads[other]:
                reason = f"threads may make it, and {other} and this file wait for each other then"
                found[path] = dict.fromkeys(threaded[path], reason)
    return found


def _guarded(file: SourceFile, reach: Reach) -> dict[str, str]:
    """Return the reasons against objects whose values take a lock of the function's own.

    A function may hold that lock when it first calls the getter: it would wait for itself.
    """
    code = reach.graph.files.get(file.module)
    if code is None:
        return {}
    found: dict[str, str] = {}
    for made in file.objects:
        mentions = [one for one in code.body.mentions if made.line <= one.line <= made.end_line]
        targets = [one for mention in mentions for one in reach.resolved(code.body, mention)]
        for unit in reach.graph.reached(reach.graph.units_of(targets)):
            lines = [_lock_line(node) for node in reach.graph.facts(unit).nodes]
            line = next((line for line in lines if line is not None), None)
            if line is not None:
                found[made.name] = (
                    f"its value takes a lock at line {line} of {unit.module}, which a function "
                    f"may hold when it first asks for {made.name}"
                )
    return found


def _lock_line(node: ast.AST) -> int | None:
    """Return the line at which a statement or a call takes a lock, by its name."""
    if isinstance(node, ast.With | ast.AsyncWith):
        taken = [attribute_chain(item.context_expr) for item in node.items]
        return node.lineno if any(chain and _names_lock(chain[-1]) for chain in taken) else None
    if isinstance(node, ast.Call):
        chain = attribute_chain(node.func)
        return node.lineno if chain and chain[-1] == "acquire" else None
    return None


def _names_lock(name: str) -> bool:
    return any(
        word in name.lower() for word in ("lock", "mutex", "guard", "semaphore", "condition")
    )


def _loaded(module: str, reach: Reach) -> set[str]:
    """Return the function's own modules that a module imports, directly or through others."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        code = reach.graph.files.get(waiting.pop())
        for facts in code.units.values() if code else ():
            fresh = {name for name in facts.loads if name in reach.graph.files} - found
            found |= fresh
            waiting += fresh
    return found


def _marked(
    file: SourceFile, threaded: Collection[str], refused: Mapping[str, str], threads_seen: str
) -> SourceFile:
    cause = threads_seen or "threads may ask for it"
    objects = tuple(
        _object(made, refused.get(made.name), cause if made.name in threaded else "")
        for made in file.objects
    )
    return replace(file, objects=objects)


def _object(made: ModuleObject, refused: str | None, threaded_by: str) -> ModuleObject:
    verdict = made.verdict
    if verdict.kind is not VerdictKind.NEEDS_GETTER or not (refused or threaded_by):
        return made
    if refused is not None:
        return replace(made, verdict=DeferVerdict(VerdictKind.NOT_DEFERRABLE, refused, made.line))
    reason = f"{verdict.reason}; {threaded_by}, so the getter takes a lock"
    return replace(made, verdict=replace(verdict, reason=reason), is_locked=True)
