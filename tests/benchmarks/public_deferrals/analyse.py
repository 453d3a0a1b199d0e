"""Judge one handler's imports as `importcost defer` does, and write every edit that it would make.

    python analyse.py < job.json > result.json

Runs in the Python that holds the importcost to try. One profile gives the import graph and costs;
nothing is verified by time, and no import counts as too cheap, so more is edited than `defer`
would suggest: all that the source allows.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from importcost.app.bill.place import bill
from importcost.app.defer import measured_costs
from importcost.app.defer.rewriting import Edits, Rewrite
from importcost.app.defer.suggestions import analyse_measured
from importcost.app.profile import bench as benches
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import ProfileRequest
from importcost.errors import ImportcostError
from importcost.measure import session
from importcost.model.advice import VerdictKind
from importcost.model.profile import RunKind

EDITED = "edited"
RUNS = (RunKind.TIMED, RunKind.TRACED, RunKind.STATEMENTS)
"""After the graph run; costs here rank imports, and no figure of them is shown alone."""


class Silent:
    """A listener that shows nothing."""

    def note(self, message: str) -> None: ...

    def detail(self, message: str) -> None: ...

    def progress(self, progress: object) -> None: ...


def request_of(job: dict[str, Any]) -> ProfileRequest:
    return ProfileRequest(
        f"{job['file']}:{job['function']}",
        task_root=job["task_root"],
        python=job["python"],
        layers=tuple(job["layers"]),
        environment=job["variables"],
        memory_mb=1769,
        runs=1,
        precise=False,
        runner="local",
        installs=False,
    )


def judge(job: dict[str, Any]) -> dict[str, Any]:
    """Return the verdicts, costs and edited files; `task_root` and `module` are the target's."""
    session.first_batch = lambda *_: list(RUNS)
    benches._bytecode_mode = lambda *_: "as-is"  # the environment's is valid
    measured_costs.MIN_GAIN_US = 0
    measured_costs.MIN_GAIN_SHARE = 0.0
    with open_rehearsed(request_of(job), Silent()) as bench:
        measurement, profile = bench.profile(Silent())
        _, analysis = analyse_measured(measurement, bill(profile, bench.handler), None)
        target = profile.target
        found = analysis.findings
        chosen = [number for number, one in enumerate(found) if one.changes]
        edits = edit_together(analysis.edits, chosen)
        possible = [
            number
            for number, one in enumerate(found)
            if one.changes or one.finding.verdict.kind is VerdictKind.NOT_DEFERRABLE
        ]
        return {
            "task_root": target.task_root,
            "module": target.module,
            "variables": dict(bench.environment),
            "init_us": profile.function_init.local_us,
            "findings": [described(one.finding, one.changes) for one in found],
            "saved_us": analysis.joint(chosen).exclusive_us if chosen else 0,
            "possible_us": analysis.joint(possible).exclusive_us if possible else 0,
            "own": sorted(analysis.sources.files),
            "unreadable": {path: one.reason for path, one in analysis.sources.unreadable.items()},
            **edits,
        }


def described(finding: Any, changes: Any) -> dict[str, Any]:
    verdict = finding.verdict
    return {
        "file": finding.place.file,
        "line": finding.place.line,
        "code": finding.code,
        "kind": verdict.kind.value,
        "reason": verdict.reason,
        "objects": list(verdict.objects),
        "styles": [change.style.value for change in changes],
        "exclusive_us": finding.exclusive_us,
    }


def edit_together(edits: Edits, chosen: list[int]) -> dict[str, Any]:
    """Return the files after all edits; those that cannot go with the others are left out."""
    kept = edits.agreeing(chosen)
    whole = edits.of(kept)
    singles = {number: files_after(edits.of([number])) for number in kept if len(kept) > 1}
    return {
        "kept": list(kept),
        "left_out": [number for number in chosen if number not in kept],
        "edits": files_after(whole),
        "singles": singles,
        "notes": list(whole.notes),
    }


def files_after(changed: Rewrite) -> dict[str, str]:
    return {str(edit.path): text_of(edit.after) for edit in changed.edits}


def text_of(data: bytes) -> str:
    return data.decode("latin-1")  # one character a byte, whatever the file's encoding


def main() -> None:
    job = json.load(sys.stdin)
    sys.path.insert(0, str(Path.cwd()))
    try:
        result = {"status": EDITED, **judge(job)}
    except ImportcostError as error:
        result = {"status": "not measured", "error": str(error)}
    except Exception:  # noqa: BLE001 - a defect of importcost's is a result of this benchmark
        result = {"status": "defect", "error": traceback.format_exc()}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
