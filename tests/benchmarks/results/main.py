"""The command `tests/benchmarks/run`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost import __version__
from importcost.files.replace import replace_file
from tests.benchmarks.results.catalogue import NEEDS, Catalogue, Run, read_catalogue
from tests.benchmarks.results.render import is_as_rendered, render, worded_measured
from tests.benchmarks.results.running import (
    Allowed,
    Progress,
    allowed,
    cheap_first,
    due_runs,
    measure,
)
from tests.benchmarks.results.status import Status, release_before, releases, status_of, statuses
from tests.benchmarks.results.store import Store, read_store, write_store
from tests.benchmarks.results.whole import begun, finished, left_of

BENCHMARKS = Path(__file__).resolve().parents[1]
FINE, MISSED, USAGE, NOT_MEASURED, INTERRUPTED = 0, 1, 2, 3, 130
MINUTES = 30.0


@dataclass(frozen=True, slots=True)
class Places:
    """The files of the table: scripts, data, the page, and the changelog that dates releases."""

    scripts: Path = BENCHMARKS
    data: Path = BENCHMARKS / "results"
    page: Path = BENCHMARKS / "RESULTS.md"
    changelog: Path = BENCHMARKS.parents[1] / "CHANGELOG.md"

    @property
    def store(self) -> Path:
        """Return the file of measured values."""
        return self.data / "measured.json"

    def check_page(self) -> None:
        """Raise ValueError if the page was edited by hand: what was written there would be lost."""
        if self.page.exists() and not is_as_rendered(self.page.read_text(encoding="utf-8")):
            raise ValueError(
                f"{self.page.name} was edited since it was rendered. Take what was written there "
                f"into the data ({self.data.name}/), remove the page, and render it again."
            )

    def keep(self, catalogue: Catalogue, store: Store) -> None:
        """Write the values and the page."""
        write_store(self.store, store)
        replace_file(self.page, self.rendered(catalogue, store).encode())

    def rendered(self, catalogue: Catalogue, store: Store) -> str:
        """Return the page's text."""
        known = releases(self.changelog.read_text(encoding="utf-8"))
        return render(catalogue, store, release_before(__version__, known))


def main(argv: Sequence[str] | None = None, places: Places | None = None) -> int:
    """Measure, write the store and the page after each script; return the exit code."""
    asked = _parser().parse_args(argv)
    places = places or Places()
    try:
        catalogue, store = read_catalogue(places.data), read_store(places.store)
        due = due_runs(catalogue, asked.only)
        if not asked.list:
            places.check_page()
        ready = allowed(asked.needs, dict(_place(one) for one in asked.place))
    except ValueError as error:
        print(f"run: {error}", file=sys.stderr)
        return USAGE
    if asked.list:
        _print_list(catalogue, store, places, ready)
        return FINE
    if asked.render:
        replace_file(places.page, places.rendered(catalogue, store).encode())
        return FINE
    for run in due:
        if (lacking := ready.lacking(run)) is not None:
            print(f"left out: {run.name} {lacking}")
    due = cheap_first([run for run in due if ready.lacking(run) is None], store)
    try:
        return (_part if asked.only else _whole)(catalogue, due, store, places, ready, asked)
    except KeyboardInterrupt:
        print("run: interrupted; what was measured before is kept", file=sys.stderr)
        return INTERRUPTED


def _part(
    catalogue: Catalogue,
    due: Sequence[Run],
    store: Store,
    places: Places,
    ready: Allowed,
    asked: argparse.Namespace,
) -> int:
    return _measured(catalogue, due, store, places, ready, asked.minutes)[1]


def _whole(
    catalogue: Catalogue,
    due: Sequence[Run],
    store: Store,
    places: Places,
    ready: Allowed,
    asked: argparse.Namespace,
) -> int:
    """Make the whole run, or what is left of one that was stopped."""
    store = begun(store, again=asked.again)
    left = left_of(due, store)
    if len(left) < len(due):
        print(f"{len(due) - len(left)} of {len(due)} runs were made before the stop")
    store, code = _measured(catalogue, left, store, places, ready, asked.minutes)
    if not left_of(due, store):
        places.keep(catalogue, finished(store, catalogue))
    return code


def _measured(
    catalogue: Catalogue,
    due: Sequence[Run],
    store: Store,
    places: Places,
    ready: Allowed,
    minutes: float,
) -> tuple[Store, int]:
    began = time.monotonic()
    done: set[str] = set()
    events = measure(
        catalogue, due, store, ready.places, scripts=places.scripts, most_s=minutes * 60
    )
    for progress in events:
        if progress.ended is None:
            print(f"[{progress.number}/{progress.count}] {progress.run.words}", flush=True)
            continue
        store = progress.store
        if not progress.is_cut:
            done.add(progress.run.name)
        places.keep(catalogue, store)
        _print_run(catalogue, progress)
    took_s = time.monotonic() - began
    left = [run.name for run in due if run.name not in done]
    if left:
        print(f"no time left for: {', '.join(left)}; the same command goes on with them")
    found = statuses(catalogue, store, None)
    ours = [found[one.name] for name in done for one in catalogue.figures_of(name)]
    missed, failed = ours.count(Status.FAIL), ours.count(Status.FAILED_TO_RUN)
    print(f"{len(ours)} figures in {took_s:.0f} s: {missed} missed, {failed} failed to run")
    return store, MISSED if missed else NOT_MEASURED if failed or left else FINE


def _print_run(catalogue: Catalogue, progress: Progress) -> None:
    assert progress.ended is not None
    print(f"  {progress.ended.seconds:.0f} s")
    for figure in catalogue.figures_of(progress.run.name):
        status = status_of(figure, progress.store, None)
        measured = progress.store.last_of(figure.name)
        failure = progress.store.failures.get(figure.name)
        if failure is not None or measured is None:
            said = failure.words if failure else ""
        else:
            said = worded_measured(figure, measured)
        target = f", target {figure.target.worded(figure.unit)}" if figure.target else ""
        print(f"  {status.value or 'measured'}: {figure.name}: {said}{target}", flush=True)


def _print_list(catalogue: Catalogue, store: Store, places: Places, ready: Allowed) -> None:
    known = releases(places.changelog.read_text(encoding="utf-8"))
    found = statuses(catalogue, store, release_before(__version__, known))
    for topic in catalogue.topics:
        print(f"{topic.name}: {topic.title}")
        for figure in topic.figures:
            run = catalogue.runs[figure.run] if figure.run else None
            source = f"{run.name}: {run.words}" if run else "by hand"
            lacking = ready.lacking(run) if run else None
            status = found[figure.name].value or "no target"
            print(f"  {figure.name}: {status} ({source}{f'; {lacking}' if lacking else ''})")


def _parser() -> argparse.ArgumentParser:
    needs = "; ".join(f"{name}: {words}" for name, words in NEEDS.items())
    parser = argparse.ArgumentParser(
        prog="tests/benchmarks/run",
        description="Measure the figures of the project again and render RESULTS.md.",
        epilog=f"Needs: {needs}. Exit code 1: a target is missed; 3: a figure was not measured.",
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="a figure, a topic or a run; may be repeated")  # fmt: skip
    parser.add_argument("--again", action="store_true",
                        help="begin anew, do not go on where a whole run was stopped")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="list all figures, measure nothing")
    parser.add_argument("--render", action="store_true", help="render the page, measure nothing")
    parser.add_argument("--needs", type=_needs, default=[], metavar="NAME,...",
                        help="what may be used, beyond an index and a browser")  # fmt: skip
    parser.add_argument("--place", action="append", default=[], metavar="NAME=PATH",
                        help="a place that scripts need, such as checkouts=FOLDER")  # fmt: skip
    parser.add_argument("--minutes", type=float, default=MINUTES,
                        help=f"for all scripts together (default {MINUTES:.0f})")  # fmt: skip
    return parser


def _needs(text: str) -> list[str]:
    names = [one.strip() for one in text.split(",") if one.strip()]
    unknown = [one for one in names if one not in NEEDS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown)} is not known: {', '.join(NEEDS)} are"
        )
    return names


def _place(text: str) -> tuple[str, str]:
    name, is_given, path = text.partition("=")
    if not is_given or not name or not path:
        raise ValueError(f"--place takes NAME=PATH, not {text}")
    return name, path


if __name__ == "__main__":
    sys.exit(main())
