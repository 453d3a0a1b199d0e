"""The modules that one import statement loads and the names that it binds."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from importcost.deferral.source.facts import ImportSite
from importcost.deferral.source.names import alias_name


@dataclass(frozen=True, slots=True)
class Imported:
    """One import: a from-import, or one alias of `import a, b`.

    `targets` are, for each bound name, the dotted name that it stands for. `dotted` is set for
    `import a.b.c` without `as`, which binds `a` alone; `loads` are the modules that it loads: `from
    a import b` counts as loading `a.b` unless `b` looks like a class.
    """

    site: ImportSite
    alias_index: int | None
    imported: tuple[str, ...]
    targets: dict[str, str]
    dotted: tuple[str, ...] | None
    loads: frozenset[str]
    code: str

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self.site.node.lineno


def imports_of(sites: list[ImportSite], package: str) -> list[Imported]:
    """Split every import statement into its imports, in source order."""
    found: list[Imported] = []
    for site in sites:
        if isinstance(site.node, ast.ImportFrom):
            found.append(_from_import(site, site.node, package))
        else:
            found += [_import(site, alias, at) for at, alias in enumerate(site.node.names)]
    return found


def _import(site: ImportSite, alias: ast.alias, index: int) -> Imported:
    dotted = None if alias.asname else tuple(alias.name.split("."))
    return Imported(
        site=site,
        alias_index=index,
        imported=(alias.name,),
        targets={alias_name(alias): alias.name if alias.asname else alias_name(alias)},
        dotted=dotted,
        loads=frozenset(loaded_by(alias.name)),
        code=ast.unparse(ast.Import([alias])),
    )


def _from_import(site: ImportSite, node: ast.ImportFrom, package: str) -> Imported:
    base = absolute_name(node, package)
    names = [alias for alias in node.names if alias.name != "*"]
    dotted = {alias.name: f"{base}.{alias.name}" if base else alias.name for alias in names}
    modules = {dotted[alias.name] for alias in names if not alias.name[:1].isupper()}
    return Imported(
        site=site,
        alias_index=None,
        imported=tuple(dict.fromkeys((*([base] if base else []), *dotted.values()))),
        targets={alias_name(alias): dotted[alias.name] for alias in names},
        dotted=None,
        loads=frozenset(loaded_by(base) | modules),
        code=ast.unparse(node),
    )


def absolute_name(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute module of a from-import; beyond the top-level package, without dots."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (node.level - 1)] if node.level <= len(parts) else []
    return ".".join((*kept, *([node.module] if node.module else [])))


def loaded_by(module: str) -> set[str]:
    """Return a module and its packages."""
    parts = module.split(".")
    return {".".join(parts[:size]) for size in range(1, len(parts) + 1)} if module else set()
