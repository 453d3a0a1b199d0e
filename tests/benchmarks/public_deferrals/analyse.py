"""Judge one handler's imports as `importcost defer` does, and write every edit that it would make.

    python analyse.py

Reads one job a line from standard input and writes one result a line. Runs in the Python that
holds the importcost to try. One launch gives the import graph, and three
more the costs if they are asked for. Nothing is verified by time, and no import counts as too
cheap, so more is edited than `defer` would suggest: all that the source allows.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from importcost.app.defer import measured_costs
from importcost.app.defer.advise import analyse_profile
from importcost.app.defer.rewriting import Edits, Rewrite
from importcost.app.defer.sources import read_sources
from importcost.app.profile import bench as benches
from importcost.app.profile import deployed
from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import ProfileRequest
from importcost.errors import ImportcostError
from importcost.measure import session
from importcost.measure.assemble import first_profile
from importcost.measure.graph import build_graph
from importcost.model.advice import VerdictKind
from importcost.model.profile import Profile, RunKind

EDITED = "edited"
RUNS = (RunKind.TIMED, RunKind.TRACED, RunKind.STATEMENTS)
"""After the graph run: costs for shares and comparisons, of one measurement each."""


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
        if job["timed"]:
            measurement, profile = bench.profile(Silent())
            statements = measurement.statements
        else:
            profile, statements = untimed(bench), ()
        target, graph = profile.target, profile.graph
        assert target is not None
        assert graph is not None
        sources = read_sources(graph, target, profile.environment.minor_version)
        analysis = analyse_profile(profile, statements, sources)
        found = analysis.findings
        chosen = [number for number, one in enumerate(found) if one.changes]
        possible = [
            number
            for number, one in enumerate(found)
            if one.changes or one.finding.verdict.kind is VerdictKind.NOT_DEFERRABLE
        ]
        return {
            "task_root": target.task_root,
            "module": target.module,
            "variables": dict(bench.environment),
            "findings": [described(one.finding, one.changes) for one in found],
            "saved_us": analysis.joint(chosen).exclusive_us if chosen else 0,
            "possible_us": analysis.joint(possible).exclusive_us if possible else 0,
            "unreadable": {path: one.reason for path, one in sources.unreadable.items()},
            **edit_together(analysis.edits, chosen),
        }


def untimed(bench: Bench) -> Profile:
    """Return a profile with the import graph of the first launch, in which nothing costs time."""
    first = bench.rehearsed
    assert first is not None
    run = replace(first.session.runs[-1], kind=RunKind.TIMED)
    measurement = session.Measurement(
        runs=(run,),
        logs=(),
        traced_spans=(),
        graph=first.graph["graph"],
        runtime_version=first.graph["runtime"],
        handler_found=first.graph["handler_found"],
        module_count=first.graph["module_count"],
        output_bytes=0,
        output_tail="",
    )
    graph = build_graph(measurement, bench.runner.layout)
    return replace(first_profile([run], bench.subject, bench.provenance), graph=graph)


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


def result_of(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"status": EDITED, **judge(job)}
    except ImportcostError as error:
        return {"status": "not measured", "error": str(error)}
    except Exception:  # noqa: BLE001 - a defect of importcost's is a result of this benchmark
        return {"status": "defect", "error": traceback.format_exc()}


def main() -> None:
    """Answer jobs; what is installed is looked up once as long as no package is added."""
    deployed.installed_distributions = remembered(deployed.installed_distributions)
    for line in sys.stdin:
        print(json.dumps(result_of(json.loads(line))), flush=True)


def remembered(look_up: Callable[[Iterable[str]], Any]) -> Callable[[Iterable[str]], Any]:
    found: dict[Any, Any] = {}

    def again(folders: Iterable[str]) -> Any:
        key = tuple((one, Path(one).stat().st_mtime_ns) for one in folders if Path(one).is_dir())
        if key not in found:
            found[key] = look_up([folder for folder, _ in key])
        return found[key]

    return again


if __name__ == "__main__":
    main()
