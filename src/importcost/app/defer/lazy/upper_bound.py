"""The upper bound: what init would save if every import were lazy, measured where 3.15 is found."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.profile.bench import Bench, open_bench
from importcost.app.profile.request import Listener
from importcost.deferral.rewrite.lazy import FIRST_LAZY
from importcost.errors import ImportcostError
from importcost.measure.pairs import PairedSubject, RoundLimits, verify
from importcost.measure.runners.base import Runner
from importcost.measure.runners.local import LocalRunner, inspect_interpreter
from importcost.measure.session import Progress, Subject
from importcost.model.advice import LazyBound
from importcost.model.profile import RunKind

IMAGE = "python:3.15"
LAUNCHES = 10
_NAME = "python3.15"
_MANAGED = (".pyenv/versions/3.15*/bin/python3.15", ".local/share/uv/python/*/bin/python3.15")


@dataclass(frozen=True, slots=True)
class _Place:
    """A Python 3.15 to launch the handler with."""

    runner: Runner
    subject: Subject


class _NoPythonError(Exception):
    """There is no Python 3.15; the message is a clause."""


def upper_bound(bench: Bench, listener: Listener, seconds: float | None) -> LazyBound:
    """Measure the handler with and without `-X lazy_imports=all`; a failure is its reason.

    `seconds` limits it; None measures nothing.

    Python 3.15 is the measured one, else one of this machine, which gets the same packages, else
    the image `python:3.15` of an engine that has it.
    """
    if seconds is None:
        return LazyBound(None, None, "--no-verify leaves it out")
    try:
        with _place(bench, listener) as place:
            return _measured(place, listener, seconds)
    except _NoPythonError as error:
        return LazyBound(None, None, str(error))
    except ImportcostError as error:
        return LazyBound(None, None, _clause(error))


@contextlib.contextmanager
def _place(bench: Bench, listener: Listener) -> Iterator[_Place]:
    facts = bench.prepared.interpreter
    runner = bench.runner
    if tuple(map(int, facts.minor_version.split("."))) >= FIRST_LAZY:
        yield _Place(runner, bench.subject)
        return
    python = find_python()
    if python is not None and isinstance(runner, LocalRunner):
        other = inspect_interpreter(python)
        with LocalRunner(
            other.executable, other, runner.layout, runner.environment, runner.secrets
        ) as local:
            yield _Place(local, bench.subject)
        return
    request = replace(bench.request, python=None, runtime=None, image=IMAGE, runner="auto")
    with contextlib.ExitStack() as stack:
        try:
            engine = stack.enter_context(open_bench(request, listener))
        except ImportcostError as error:
            raise _NoPythonError(
                f"there is no Python 3.15 on this machine (PATH, pyenv, uv), and no {IMAGE} in an "
                f"engine: {_clause(error)}"
            ) from error
        yield _Place(engine.runner, engine.subject)


def _clause(error: ImportcostError) -> str:
    return " ".join(str(error).split()).rstrip(".")


def find_python() -> str | None:
    """Return a Python 3.15 of this machine: on PATH, or of pyenv or uv; None if there is none."""
    found = shutil.which(_NAME)
    if found is not None:
        return found
    managed = [path for pattern in _MANAGED for path in sorted(Path.home().glob(pattern))]
    usable = [str(path) for path in managed if os.access(path, os.X_OK)]
    return usable[-1] if usable else None


def _measured(place: _Place, listener: Listener, seconds: float) -> LazyBound:
    subject = replace(place.subject, variant=None)
    everything = PairedSubject("all", replace(subject, lazy_imports=True))

    def progress(done: int, total: int) -> None:
        listener.progress(Progress(done, total, RunKind.TIMED, "Measuring the upper bound"))

    listener.note(
        f"Measuring the upper bound, -X lazy_imports=all of Python 3.15: {LAUNCHES} launches ..."
    )
    found = verify(
        place.runner,
        subject,
        [everything],
        limits=RoundLimits(LAUNCHES, seconds, is_strict=True),
        random=random.Random(),  # noqa: S311 - order of runs, not a secret
        on_progress=progress,
    )
    return LazyBound(place.runner.facts().version, found["all"])
