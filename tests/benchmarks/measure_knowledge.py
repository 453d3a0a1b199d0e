"""Measure the known facts about packages again, with the newest releases.

    python tests/benchmarks/measure_knowledge.py --cache FOLDER [--python PYTHON] [--only NAME]
        [--update] [--jobs 2] [--data FILE] [--keep] [--again]

For each entry of `deferral/data/knowledge.json` (or of `--data`) its packages are installed into
a folder below `--cache`, and its two programs are launched in interleaved pairs of fresh
interpreters, after what the Lambda runtime preloads. An entry holds if its advice's code works and
answers as the replaced code does, saves at least 5 ms or a tenth of the CPU time of the importing
thread, also with the work done at once, and if importcost still shows its hint for the replaced
code. Prints a line for each entry and at last those that no longer hold. `--only` takes ids or
distributions. `--update` writes the new figures, versions and date of the entries that hold.

The results lie in the cache folder, too: a run that was stopped goes on where it was, and measures
an entry again only if its programs changed (`--again`: all). Environments are removed after their
last use, unless `--keep` is given. Exit code 1 if an entry no longer holds, else 3 if one could not
be measured (its packages cannot be installed), else 0.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Lock

from importcost.deferral.cost.known_facts import KnowledgeEntry, parse_entries
from importcost.errors import ImportcostError
from importcost.files.append import append_file
from importcost.files.replace import replace_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.known_packages.bench import Bench, interpreter_of
from tests.benchmarks.known_packages.environments import Environments
from tests.benchmarks.known_packages.judge import HOLDS, NO_LONGER, NOT_MEASURED, Judged
from tests.benchmarks.known_packages.pairs import Interpreter
from tests.benchmarks.known_packages.shown import reason_not_shown
from tests.benchmarks.tell import tell

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src" / "importcost" / "deferral" / "data" / "knowledge.json"
RESULTS = "results.jsonl"
MOST_JOBS = 2


def programs_digest(entry: KnowledgeEntry, python: str) -> str:
    """Return a key that changes with whatever an entry's result depends on but the releases."""
    about = (entry.distribution, entry.module, entry.importer)
    parts = [python, *about, repr(entry.effect.before)]
    return hashlib.sha256(repr([*parts, repr(entry.effect.after)]).encode()).hexdigest()[:16]


class Results:
    """The results so far, one a line of a file that a stopped run leaves behind."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._known: dict[str, Judged] = {}
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # cut off by a kill
                item = json.loads(line)
                self._known[item["digest"]] = Judged(**item["judged"])

    def of(self, digest: str) -> Judged | None:
        """Return a result, unless there is none or nothing could be measured."""
        found = self._known.get(digest)
        return None if found is None or found.end == NOT_MEASURED else found

    def add(self, digest: str, judged: Judged) -> None:
        """Keep a result."""
        line = json.dumps({"digest": digest, "judged": asdict(judged)}) + "\n"
        with self._lock:
            append_file(self._file, line.encode())


class Survey:
    """Measures entries, and removes an environment when no entry needs it any more."""

    def __init__(self, bench: Bench, results: Results, keeps: bool) -> None:
        self._bench = bench
        self._results = results
        self._keeps = keeps
        self._uses: Counter[tuple[str, ...]] = Counter()
        self._lock = Lock()

    def judged(self, entries: Sequence[KnowledgeEntry], jobs: int, again: bool) -> Iterator[Judged]:
        """Yield the result of each entry as it comes; known ones first."""
        python = self._bench.interpreter.version
        left = []
        for entry in entries:
            known = None if again else self._results.of(programs_digest(entry, python))
            if known is None:
                left.append(entry)
            else:
                yield known
        # Entries of the same packages lie together, so that few environments are there at a time.
        left.sort(key=lambda entry: sorted(packages_of(entry)))
        self._uses.update(packages for entry in left for packages in packages_of(entry))
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            for done in as_completed([pool.submit(self._one, entry) for entry in left]):
                yield done.result()

    def _one(self, entry: KnowledgeEntry) -> Judged:
        judged = self._bench.judged(entry)
        self._results.add(programs_digest(entry, self._bench.interpreter.version), judged)
        with self._lock:
            self._uses.subtract(packages_of(entry))
            unused = [packages for packages in packages_of(entry) if not self._uses[packages]]
        for packages in unused if not self._keeps else ():
            self._bench.environments.remove(packages)
        return judged


def packages_of(entry: KnowledgeEntry) -> set[tuple[str, ...]]:
    """Return the sets of packages that an entry's programs are installed with."""
    return {one.packages for one in (entry.effect.before, entry.effect.after) if one.packages}


def line_of(judged: Judged) -> str:
    """Return the line that is printed for a result."""
    versions = ", ".join(f"{name} {version}" for name, version in judged.versions.items())
    if judged.figures is None:
        return f"{judged.id}: {judged.end}: {judged.reason} [{versions}]"
    figures = judged.figures
    lowest, highest = min(judged.savings_ms), max(judged.savings_ms)
    return (
        f"{judged.id}: {judged.end}{': ' + judged.reason if judged.reason else ''}:"
        f" {figures['before_ms']:.1f} to {figures['after_ms']:.1f} ms ({lowest:.1f} to"
        f" {highest:.1f} saved in {len(judged.savings_ms)} pairs),"
        f" {figures['before_modules']} to {figures['after_modules']} modules,"
        f" {figures['before_mb']:.1f} to {figures['after_mb']:.1f} MB [{versions}]"
    )


def updated(text: str, found: Iterable[Judged]) -> str:
    """Return the data's text with the figures, versions and dates of the entries that hold."""
    data = json.loads(text)
    by_id = {one.id: one for one in found if one.end == HOLDS}
    for item in data["entries"]:
        if one := by_id.get(item["id"]):
            item.update(python=one.python, versions=one.versions, date=one.date)
            item["effect"].update(one.figures)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder of environments, results")
    parser.add_argument("--python", default=sys.executable, help="interpreter to measure with")
    parser.add_argument("--only", nargs="+", default=(), help="ids or distributions")
    parser.add_argument("--data", type=Path, default=SHIPPED, help="entries in another file")
    parser.add_argument("--pairs", type=int, default=5, help="at least this many pairs each")
    parser.add_argument("--jobs", type=int, choices=range(1, MOST_JOBS + 1), default=1)
    parser.add_argument("--update", action="store_true", help="write the new figures")
    parser.add_argument("--keep", action="store_true", help="keep the environments")
    parser.add_argument("--again", action="store_true", help="measure known results again")
    asked = parser.parse_args()
    if asked.pairs < 5:
        parser.error("--pairs must be at least 5")
    return asked


def chosen(entries: Sequence[KnowledgeEntry], only: Sequence[str]) -> Sequence[KnowledgeEntry]:
    """Return the entries of these ids or distributions. Raises ValueError for an unknown one."""
    found = tuple(one for one in entries if not only or {one.id, one.distribution} & set(only))
    missing = set(only) - {name for one in found for name in (one.id, one.distribution)}
    if missing:
        raise ValueError(f"No entry has the id or distribution {', '.join(sorted(missing))}.")
    return found


def shown_apart(
    pool: Executor, entry: KnowledgeEntry, layer: Path | None, interpreter: Interpreter
) -> str | None:
    """Return why an entry's hint does not appear, None if it does, found out by a pool."""
    return pool.submit(reason_not_shown, entry, layer, interpreter).result()


def main() -> int:
    asked = arguments()
    try:
        text = asked.data.read_text(encoding="utf-8")
        entries = chosen(parse_entries(text, str(asked.data)), asked.only)
        interpreter = interpreter_of(asked.python)
        asked.cache.mkdir(parents=True, exist_ok=True)
    except (ImportcostError, OSError, ValueError) as error:
        print(error)
        return 2
    found = []
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        environments = Environments(asked.cache.resolve(), asked.python)
        bench = Bench(interpreter, environments, asked.pairs, partial(shown_apart, pool))
        survey = Survey(bench, Results(asked.cache / RESULTS), asked.keep)
        for judged in survey.judged(entries, asked.jobs, asked.again):
            found.append(judged)
            print(line_of(judged), flush=True)
    if asked.update:
        replace_file(asked.data, updated(text, found).encode())
    ends = Counter(one.end for one in found)
    print(", ".join(f"{ends[end]} {end}" for end in (HOLDS, NO_LONGER, NOT_MEASURED)))
    for end in (NO_LONGER, NOT_MEASURED):
        if names := sorted(one.id for one in found if one.end == end):
            print(f"{end}: {', '.join(names)}")
    tell(holding=ends[HOLDS], no_longer=ends[NO_LONGER], not_measured=ends[NOT_MEASURED])
    return 1 if ends[NO_LONGER] else 3 if ends[NOT_MEASURED] else 0


if __name__ == "__main__":
    sys.exit(main())
