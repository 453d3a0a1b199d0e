"""Measures one entry: installs its packages, launches its programs in pairs, and judges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from importcost.app.profile.prepare import runtime_modules
from importcost.deferral.cost.known_facts import KnowledgeEntry
from importcost.processes.bounded import run
from tests.benchmarks.known_packages.environments import (
    Environments,
    NotInstalledError,
    versions_in,
)
from tests.benchmarks.known_packages.judge import (
    HOLDS,
    NO_LONGER,
    NOT_MEASURED,
    Judged,
    figures_of,
    reason_against,
    reason_by_answers,
)
from tests.benchmarks.known_packages.pairs import (
    BEFORE,
    PAIRS,
    Interpreter,
    Launched,
    launch,
    paired,
)
from tests.benchmarks.known_packages.shown import reason_not_shown


@dataclass(frozen=True)
class Bench:
    """What entries are measured with.

    Where several are measured at a time, `shown` must run in a process of its own: a launch of the
    probe ends every child of its process, and so the launches of the other entries.
    """

    interpreter: Interpreter
    environments: Environments
    pairs: int = PAIRS
    shown: Callable[[KnowledgeEntry, Path | None, Interpreter], str | None] = reason_not_shown

    def judged(self, entry: KnowledgeEntry) -> Judged:
        """Install an entry's packages and measure it."""
        before, after = entry.effect.before, entry.effect.after
        today = datetime.now(timezone.utc).date().isoformat()
        try:
            old, new = (self.environments.layer(side.packages) for side in (before, after))
        except NotInstalledError as error:
            return Judged(entry.id, NOT_MEASURED, str(error), self.interpreter.version, {}, today)

        def launched(side: str) -> Launched:
            program, layer = (before, old) if side == BEFORE else (after, new)
            return launch(self.interpreter, program, layer, entry.module)

        found = paired(launched, reason_by_answers, self.pairs)
        reason = reason_against(found) or self.shown(entry, old, self.interpreter)
        has_figures = len(found.before) >= self.pairs and reason_by_answers(found) is None
        return Judged(
            id=entry.id,
            end=NO_LONGER if reason else HOLDS,
            reason=reason or "",
            python=self.interpreter.version,
            versions=_versions(entry, old, new),
            date=today,
            savings_ms=tuple(found.savings_ms) if has_figures else (),
            figures=figures_of(found) if has_figures else None,
        )


def _versions(entry: KnowledgeEntry, old: Path | None, new: Path | None) -> dict[str, str]:
    """Return the packages' versions by name, those of the advised program where both differ."""
    found = dict(versions_in(old, entry.effect.before.packages))
    return {**found, **dict(versions_in(new, entry.effect.after.packages))}


def interpreter_of(executable: str) -> Interpreter:
    """Ask a Python for its version. Raises OSError or ValueError if it is not a Python."""
    question = "import platform; print(platform.python_version())"
    done = run([executable, "-I", "-c", question], timeout_s=60)
    version = done.out.decode().strip()
    if not re.fullmatch(r"3\.\d+\.\S+", version):
        raise ValueError(f"{executable} does not tell the version of a Python 3")
    return Interpreter(executable, version, runtime_modules(".".join(version.split(".")[:2])))
