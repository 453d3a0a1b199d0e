"""Public names are unique across rooms: a reader who meets `Outcome` need not ask which one."""

import ast
from collections import defaultdict
from pathlib import Path

import importcost

SOURCE = Path(importcost.__file__).parent
# Programs that run elsewhere, as text, share no namespace with the rest.
ELSEWHERE = (SOURCE / "probe", SOURCE / "measure" / "runners" / "launcher.py")


def public_names(tree):
    """Yield the classes, functions and type aliases that a module defines for others."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            yield from (name for name in names if name[:1].isupper() and not name.isupper())


def places_by_name(files):
    places = defaultdict(list)
    for file in files:
        for name in public_names(ast.parse(file.read_text(encoding="utf-8"))):
            if not name.startswith("_"):
                places[name].append(file.relative_to(SOURCE).as_posix())
    return places


def test_no_public_name_is_defined_twice():
    files = [
        file
        for file in sorted(SOURCE.rglob("*.py"))
        if not any(file.is_relative_to(place) for place in ELSEWHERE)
    ]
    places = places_by_name(files)
    # The group finds each subcommand under this name.
    twice = {name: found for name, found in places.items() if len(found) > 1 and name != "command"}
    assert not twice, "\n".join(f"{name}: {', '.join(found)}" for name, found in twice.items())
