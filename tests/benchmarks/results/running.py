"""Run the scripts that measure, one after the other, and keep what they tell."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from importcost import __version__
from importcost.processes.bounded import Finished
from importcost.processes.bounded import run as run_bounded
from tests.benchmarks.results.catalogue import Catalogue, Figure, Run
from tests.benchmarks.results.store import BY_RUN, Failure, Machine, Measured, Store, Took
from tests.benchmarks.tell import MARK, Told, read_told
from tests.harness import interpreters_by_name

GRACE_S = 10.0
"""Seconds that a script past its budget has to remove what it made."""
_COMMANDS: Mapping[str, Sequence[str]] = {
    "browser": ("chromium", "google-chrome", "chrome"),
}
"""Needs that are met if one of these commands is there."""
ALWAYS = frozenset(("network",))


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a run may use: needs that are met, and places by name."""

    needs: frozenset[str]
    places: Mapping[str, str]

    def lacking(self, run: Run) -> str | None:
        """Return why a run cannot be made, None if it can."""
        needs = [one for one in run.needs if one not in self.needs and one not in self.places]
        if needs:
            return f"needs {', '.join(needs)}"
        places = sorted(one for one in run.places if one not in self.places)
        if places:
            return f"needs --place {', '.join(f'{one}=PATH' for one in places)}"
        return None


def allowed(needs: Sequence[str], places: Mapping[str, str]) -> Allowed:
    """Return what may be used: given needs and places, and what this machine has."""
    found = {
        need: path
        for need, names in _COMMANDS.items()
        if (path := next(filter(None, map(shutil.which, names)), None))
    }
    found |= interpreters_by_name()
    return Allowed(frozenset(needs) | ALWAYS | found.keys(), {**found, **places})


def this_machine() -> Machine:
    """Return the machine that measures."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                cpu = f"{line.partition(':')[2].strip()} {platform.machine()}"
                break
    return Machine(cpu, os.cpu_count() or 1, platform.python_version(), platform.release())


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended: what was told, why the rest was not, how long it took, its CPU."""

    told: Mapping[str, Told]
    failure: str | None
    seconds: float
    cpu_s: float = 0.0
    timed_out: bool = False


def filled(argument: str, places: Mapping[str, str]) -> list[str]:
    """Return an argument with its places filled in; a place alone may be several paths."""
    if argument.startswith("{") and argument[1:-1] in places:
        return places[argument[1:-1]].split(os.pathsep)
    for name, path in places.items():
        argument = argument.replace(f"{{{name}}}", path)
    return [argument]


def ended_run(run: Run, scripts: Path, places: Mapping[str, str], seconds: float) -> Ended:
    """Run a script for at most so many seconds, and return what it told.

    Scripts end with 1 if a target is missed: that alone is not a failure.
    """
    began, cpu_s = time.monotonic(), _cpu_of_children_s()
    told: dict[str, Told] = {}
    defects: list[str] = []

    def take(line: str) -> None:
        try:
            told.update(read_told(line))
        except ValueError as error:
            defects.append(str(error))

    words = [word for argument in run.arguments for word in filled(argument, places)]
    argv = [sys.executable, str(scripts / run.script), *words]
    try:
        done = run_bounded(
            argv, timeout_s=seconds, cwd=scripts.parents[1], on_line=take, grace_s=GRACE_S
        )
    except OSError as error:
        return Ended({}, str(error), time.monotonic() - began)
    is_missed_target = done.exit_code == 1 and told and not done.error.strip()
    failure = None if is_missed_target else _failure(done, seconds)
    if defects:
        failure = "; ".join(filter(None, (failure, *defects)))
    took_s, cpu_s = time.monotonic() - began, _cpu_of_children_s() - cpu_s
    return Ended(told, failure and without_places(failure), took_s, cpu_s, done.timed_out)


def _cpu_of_children_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def without_places(words: str) -> str:
    """Return words without the folders of this machine, which are nobody's business elsewhere."""
    root = Path(__file__).resolve().parents[3]
    for folder, instead in (
        (f"{root}{os.sep}", ""),
        (sys.executable, "python"),
        (tempfile.gettempdir(), "TMP"),
        (str(Path.home()), "~"),
    ):
        words = words.replace(folder, instead)
    return words


def _failure(done: Finished, seconds: float) -> str | None:
    """Return why a script may not have told everything, None if it ended as it should."""
    if done.timed_out:
        return f"not done after {seconds:.0f} s"
    if done.exit_code == 0:
        return None
    said = (done.error.strip() or done.out.strip()).decode("utf-8", "replace").splitlines()
    last = next((line.strip() for line in reversed(said) if not line.startswith(MARK)), "")
    return f"exit code {done.exit_code}: {last[-200:]}" if last else f"exit code {done.exit_code}"


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened with one run: before it starts, `ended` is None.

    `is_cut` is True if the time for all runs was over before its own: it is still to be made.
    """

    number: int
    count: int
    run: Run
    ended: Ended | None
    store: Store
    is_cut: bool = False


def measure(
    catalogue: Catalogue,
    due: Sequence[Run],
    store: Store,
    places: Mapping[str, str],
    *,
    scripts: Path,
    most_s: float,
) -> Iterator[Progress]:
    """Run what is due, and yield before and after each run; the store after it holds its values.

    A run gets its own budget, or what is left of `most_s` seconds for all if that is less; what has
    no time left is not started, and its last values stay.
    """
    until = time.monotonic() + most_s
    for number, run in enumerate(due, 1):
        left_s = until - time.monotonic()
        if left_s <= 0:
            return
        yield Progress(number, len(due), run, None, store)
        load = os.getloadavg()[0]
        ended = ended_run(run, scripts, places, min(run.budget_s, left_s))
        is_cut = ended.timed_out and left_s < run.budget_s
        figures = catalogue.figures_of(run.name)
        store = updated(store, figures, run, ended, load, is_cut=is_cut)
        yield Progress(number, len(due), run, ended, store, is_cut)


def updated(
    store: Store,
    figures: Sequence[Figure],
    run: Run,
    ended: Ended,
    load: float,
    *,
    is_cut: bool = False,
) -> Store:
    """Return the store with a run's values and time, and a failure for each figure without one.

    Of a run that was cut, what it told counts, and what it did not tell is no failure.
    """
    today = datetime.now(timezone.utc).date()
    machine = this_machine()
    if not is_cut:
        took = Took(today, round(ended.seconds, 1), round(ended.cpu_s, 1), round(load, 1))
        store = store.with_time(run.name, took)
    for figure in figures:
        told = ended.told.get(figure.value or "")
        if told is None and is_cut:
            continue
        if told is None:
            words = ended.failure or f"{run.script} told no figure named {figure.value}"
            store = store.with_failure(figure.name, Failure(today, words))
            continue
        value = Measured(
            told.value, told.words, today, __version__, machine, round(load, 1), BY_RUN, run.words
        )
        store = store.with_value(figure.name, value)
    return store


def due_runs(catalogue: Catalogue, only: Sequence[str]) -> list[Run]:
    """Return the runs of these figures, topics or runs, all runs if none is named.

    Raises ValueError for a name that is none of them.
    """
    if not only:
        return list(catalogue.runs.values())
    names = {figure.name: figure.run for figure in catalogue.figures}
    topics = {topic.name: {one.run for one in topic.figures} for topic in catalogue.topics}
    wanted: set[str | None] = set()
    for one in only:
        if one in topics:
            wanted |= topics[one]
        elif one in names:
            wanted.add(names[one])
        elif one in catalogue.runs:
            wanted.add(one)
        else:
            raise ValueError(f"{one} is neither a figure nor a topic nor a run: see --list")
    return [run for run in catalogue.runs.values() if run.name in wanted]


def cheap_first(due: Sequence[Run], store: Store) -> list[Run]:
    """Return runs by the time that they took last, those without one by what they may take."""

    def seconds(run: Run) -> float:
        return store.took[run.name].seconds if run.name in store.took else run.budget_s

    return sorted(due, key=seconds)
