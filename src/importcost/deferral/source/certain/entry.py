"""The names that each call of the handler's entry function uses, over all of its own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importcost.deferral.source.certain.code import CodeFile, OwnCode, code_file
from importcost.deferral.source.certain.paths import CertainReads
from importcost.deferral.source.model import ImportStatement, ModuleObject, SourceFile
from importcost.deferral.source.parse import Parsed, parse


@dataclass(frozen=True, slots=True)
class CertainUses:
    """The names that every ordinary path through `entry` reads, by their modules.

    Dotted names, `boto3.client` beside `boto3`. Paths on which the invocation fails do not count.
    """

    entry: str = ""
    names: frozenset[tuple[str, str]] = frozenset()

    def imports(self, file: SourceFile, statement: ImportStatement) -> bool:
        """Return True if each call uses what an import binds, by itself or to make an object."""
        if self._reads(file, statement):
            return True
        objects = self.objects(file)
        return any(set(made.needs) & set(statement.bound) for made in objects)

    def _reads(self, file: SourceFile, statement: ImportStatement) -> bool:
        for name in statement.bound:
            others = [one for one in file.imports if name in one.bound and one is not statement]
            wanted = statement.imported if others and statement.alias_index is not None else (name,)
            if any((file.module, one) in self.names for one in wanted):
                return True
        return False

    def objects(self, file: SourceFile) -> tuple[ModuleObject, ...]:
        """Return the objects of a file that each call uses, and those that they are made from."""
        known = {made.name: made for made in file.objects}
        waiting = [name for name in known if (file.module, name) in self.names]
        found: dict[str, ModuleObject] = {}
        while waiting:
            name = waiting.pop()
            if name in known and name not in found:
                found[name] = known[name]
                waiting += known[name].needs
        return tuple(made for made in file.objects if made.name in found)


def certain_uses(files: Mapping[str, SourceFile], module: str, function: str | None) -> CertainUses:
    """Return what each call of `function` of a module uses; nothing if it is not found there.

    `files` are the function's own files by their modules.
    """
    code: dict[str, CodeFile] = {}
    for name, file in files.items():
        parsed = parse(file.source)
        if isinstance(parsed, Parsed):
            code[name] = code_file(name, file.package, parsed.tree)
    if function is None or module not in code:
        return CertainUses()
    own = OwnCode(code)
    entry = own.named(code[module], function)
    if entry is None:
        return CertainUses()
    try:
        return CertainUses(f"{function}()", CertainReads(own).of(entry))
    except RecursionError:
        return CertainUses()
