"""The figures of the table, the scripts that measure them, and what was asked for.

`figures/TOPIC.toml` holds the figures of one topic, `runs.toml` the runs of scripts that measure
them (one run may give several), `asked.toml` what was asked for, `notes/TOPIC.md` what is worth
knowing about a topic's figures.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importcost.files.toml_text import parse_toml
from tests.benchmarks.results.targets import Target, read_target

NEEDS: Mapping[str, str] = {
    "network": "installs packages from the index that pip is set up for",
    "browser": "Chromium and its driver",
    "engine": "podman, root, and the test image",
    "checkouts": "checkouts of public repositories",
    "tables": "tables of published measurements",
    "other-gates": "an environment with the two other gates installed in it",
    "npm-packages": "unpacked npm packages of speedscope, d3 and d3-flame-graph",
    "python3.9": "a CPython 3.9",
    "python3.13": "a CPython 3.13",
    "python3.14": "a CPython 3.14",
    "python3.15": "a CPython 3.15",
    "hours": "an hour or more",
}
"""What a run may need beyond this repository and its environment."""
_PLACE = re.compile(r"\{([\w.-]+)\}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a script: its arguments, what it needs, and the seconds after which it ends.

    A `{name}` in the arguments is a place that is given when it runs.
    """

    name: str
    script: str
    arguments: tuple[str, ...]
    needs: tuple[str, ...]
    budget_s: float

    @property
    def words(self) -> str:
        """Return the command as one types it, without the interpreter."""
        return " ".join((self.script, *self.arguments))

    @property
    def places(self) -> frozenset[str]:
        """Return the names of the places in the arguments."""
        return frozenset(name for word in self.arguments for name in _PLACE.findall(word))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what is measured, its target if there is one, and who measures it.

    `run` is the run whose script tells it under the name `value`. Without a run, `by_hand` says why
    no script measures it. `asked` names entries of `asked.toml`. `why` says why the target is
    missed, or why there is no value; it is shown only while that is so.
    """

    name: str
    topic: str
    words: str
    target: Target | None
    unit: str
    digits: int
    run: str | None
    value: str | None
    by_hand: str | None
    asked: tuple[str, ...]
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """Figures that belong together, with the lines above and the notes below their table."""

    name: str
    title: str
    about: str
    notes: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All topics in the order of the table, all runs by name, and what was asked for by name."""

    topics: tuple[Topic, ...]
    runs: Mapping[str, Run]
    asked: Mapping[str, str]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return the figures of all topics."""
        return tuple(figure for topic in self.topics for figure in topic.figures)

    def figures_of(self, run: str) -> tuple[Figure, ...]:
        """Return the figures that a run measures."""
        return tuple(figure for figure in self.figures if figure.run == run)


def read_catalogue(folder: Path) -> Catalogue:
    """Return what the data files in a folder say. Raises ValueError that names the defect."""
    runs = {name: _run(name, table) for name, table in _table(folder / "runs.toml").items()}
    ordered = [_topic(file, folder) for file in sorted(folder.glob("figures/*.toml"))]
    topics = tuple(topic for _, topic in sorted(ordered, key=lambda one: one[0]))
    catalogue = Catalogue(topics, runs, _asked(folder / "asked.toml"))
    defects = list(_defects(catalogue))
    if defects:
        raise ValueError("; ".join(defects))
    return catalogue


def _table(file: Path) -> dict[str, Any]:
    try:
        return parse_toml(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from None


def _asked(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    groups = _table(file)
    return {f"{group}.{key}": words for group in groups for key, words in groups[group].items()}


def _checked(where: str, table: Any, kinds: Mapping[str, type], needed: Collection[str]) -> None:
    """Raise ValueError unless a table has the needed keys, no unknown ones, and the right kinds."""
    if not isinstance(table, dict):
        raise ValueError(f"{where} is not a table")  # noqa: TRY004 - a defect of the text
    unknown, missing = table.keys() - kinds.keys(), set(needed) - table.keys()
    if unknown:
        raise ValueError(f"{where} has unknown keys: {', '.join(sorted(unknown))}")
    if missing:
        raise ValueError(f"{where} lacks {', '.join(sorted(missing))}")
    for key, value in table.items():
        words = value if kinds[key] is list and isinstance(value, list) else ()
        if not isinstance(value, kinds[key]) or any(not isinstance(one, str) for one in words):
            raise ValueError(f"{where}: {key} is of the wrong kind: {value!r}")


_RUN_KINDS = {"script": str, "arguments": list, "needs": list, "budget_s": int}


def _run(name: str, table: Any) -> Run:
    _checked(f"runs.toml: {name}", table, _RUN_KINDS, ("script", "budget_s"))
    arguments, needs = (tuple(table.get(key, ())) for key in ("arguments", "needs"))
    return Run(name, table["script"], arguments, needs, float(table["budget_s"]))


_TOPIC_KINDS = {"title": str, "order": int, "about": str, "figures": dict}
_FIGURE_KINDS = {
    "words": str,
    "target": str,
    "unit": str,
    "digits": int,
    "run": str,
    "value": str,
    "by_hand": str,
    "asked": list,
    "why": str,
}


def _topic(file: Path, folder: Path) -> tuple[int, Topic]:
    table = _table(file)
    _checked(file.name, table, _TOPIC_KINDS, ("title", "order"))
    notes = folder / "notes" / f"{file.stem}.md"
    topic = Topic(
        file.stem,
        table["title"],
        table.get("about", "").strip(),
        notes.read_text(encoding="utf-8").strip() if notes.exists() else "",
        tuple(_figure(name, file.stem, entry) for name, entry in table.get("figures", {}).items()),
    )
    return table["order"], topic


def _figure(name: str, topic: str, entry: Any) -> Figure:
    _checked(f"{topic}.toml: {name}", entry, _FIGURE_KINDS, ("words",))
    try:
        target = read_target(entry["target"]) if "target" in entry else None
    except ValueError as error:
        raise ValueError(f"{topic}.toml: {name}: {error}") from None
    return Figure(
        name,
        topic,
        " ".join(entry["words"].split()),
        target,
        entry.get("unit", ""),
        entry.get("digits", 2),
        entry.get("run"),
        entry.get("value"),
        entry.get("by_hand"),
        tuple(entry.get("asked", ())),
        entry.get("why"),
    )


def _defects(catalogue: Catalogue) -> Iterator[str]:
    seen: set[str] = set()
    for figure in catalogue.figures:
        if figure.name in seen:
            yield f"two figures are called {figure.name}"
        seen.add(figure.name)
        if (figure.run is None) == (figure.by_hand is None):
            yield f"{figure.name} has either a run or the reason why it is measured by hand"
        if (figure.run is None) != (figure.value is None):
            yield f"{figure.name} has a run without a name of what its script tells, or reversed"
        if figure.run is not None and figure.run not in catalogue.runs:
            yield f"{figure.name} names the run {figure.run}, which runs.toml does not have"
        yield from (
            f"{figure.name} names {name}, which asked.toml does not have"
            for name in figure.asked
            if name not in catalogue.asked
        )
    for run in catalogue.runs.values():
        yield from (
            f"{run.name} needs {one}, which is not known" for one in run.needs if one not in NEEDS
        )
        if not catalogue.figures_of(run.name):
            yield f"the run {run.name} measures no figure"
