"""Write docs/known-packages.md from the known facts about packages.

python -m tests.deferral.known_packages_page
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from importcost.deferral.cost.known_facts import HelpKind, KnowledgeEntry, load_entries
from importcost.files.replace import replace_file

PAGE = Path(__file__).parents[2] / "docs" / "known-packages.md"
HEADINGS = {
    HelpKind.WITHOUT: "Leave an optional package out",
    HelpKind.SUBMODULE: "Import another part of the package",
    HelpKind.CALL: "Make another call",
    HelpKind.VARIABLE: "Set an environment variable",
    HelpKind.EXTRA: "Require a lighter extra",
    HelpKind.VERSION: "Take another version",
    HelpKind.SIBLING: "Take another package for the same work",
    HelpKind.STANDARD: "Take the standard library",
    HelpKind.TESTS: "Leave to tests and development",
}
INTRODUCTION = """\
# Known packages

`importcost defer` shows these hints where they apply: if the function loads the module, and loads
it because of the importer that is named. None of them edits a package. {count} entries.

Each figure was measured by `tests/benchmarks/measure_knowledge.py`: two programs in interleaved
pairs of fresh interpreters, after what Lambda's runtime preloads, with valid bytecode; medians of
CPU time of the importing thread, modules loaded and growth of memory. It is the saving of these
programs on the machine where they were measured: what the hint saves in your function may differ,
above all if something else loads the same modules. `without x` means that x was made impossible to
import. Run the script again to learn which entries no longer hold with the newest releases.

This page is made from `src/importcost/deferral/data/knowledge.json` by
`tests/deferral/known_packages_page.py`.
"""


def page_text(entries: Sequence[KnowledgeEntry]) -> str:
    """Return the document: a section for each kind of help, the largest saving first."""
    parts = [INTRODUCTION.format(count=len(entries))]
    for kind, heading in HEADINGS.items():
        chosen = [entry for entry in entries if entry.helps is kind]
        chosen.sort(key=lambda entry: entry.effect.after_ms - entry.effect.before_ms)
        if chosen:
            parts.append(f"## {heading}\n")
            parts += [line for entry in chosen for line in lines_of(entry)]
    return "\n".join(parts)


def lines_of(entry: KnowledgeEntry) -> Iterator[str]:
    """Yield the lines about one entry."""
    effect = entry.effect
    by = {None: "whoever imports it", "(function)": "if own code imports it"}
    condition = by.get(entry.importer, f"if `{entry.importer}` imports it")
    yield f"### {entry.id}\n"
    yield f"`{entry.module}` of {entry.distribution}, {condition}. {_advice(entry)}\n"
    yield (
        f"{effect.before_ms:.1f} to {effect.after_ms:.1f} ms, {effect.before_modules} to"
        f" {effect.after_modules} modules, {effect.before_mb:.1f} to {effect.after_mb:.1f} MB:"
        f" {effect.how}."
    )
    with_python = f"; Python {entry.python}" if entry.versions else ""
    yield f"Measured on {entry.date} ({entry.checked_version}{with_python}).\n"
    if entry.source != "own measurement":
        yield f"Source: {entry.source}.\n"


def _advice(entry: KnowledgeEntry) -> str:
    return entry.advice.replace("{importers}", "the importers that are shown")


if __name__ == "__main__":
    replace_file(PAGE, page_text(load_entries()).encode())
