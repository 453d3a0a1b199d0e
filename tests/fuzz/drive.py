"""Run targets on many inputs: `python -m tests.fuzz.drive TARGET --inputs 100000 --found FOLDER`.

Two engines choose the inputs, both by changing the corpus and what reached new code. `atheris` (pip
install atheris) sees most and compares constants with the input, at several times the cost;
`random` needs nothing, and sees new lines from Python 3.12 on, new branches from 3.14 on. An input
that raises, or that takes more than 10 seconds of processor time, is written to the folder once for
each place in the code, and the run goes on. A line of JSON tells inputs, processor seconds, places
reached and what was found, after each tenth of the inputs.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import platform
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.changes import MAX_BYTES, Changes

CORPUS = Path(__file__).parent / "corpus"
LONGEST_CPU_S = 10.0
MOST_MEMORY = 4 * 2**30
"""Bytes of addresses of a process; what needs more raises MemoryError."""


class HangError(Exception):
    """One input took more processor time than any input of its size may."""


class Watched:
    """A target that counts its inputs, and keeps the first input of each defect."""

    def __init__(self, name: str, found: Path, count: int) -> None:
        from tests.fuzz.targets import TARGETS

        self.name = name
        self.facts: dict[str, Any] = {}
        self.inputs = 0
        self.defects: dict[str, str] = {}
        self._target = TARGETS[name]
        self._found = found
        self._tenth = max(count // 10, 1)
        self._began = time.process_time()
        signal.signal(signal.SIGVTALRM, _too_long)

    def __call__(self, data: bytes) -> None:
        """Run one input."""
        self.inputs += 1
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_CPU_S)
        try:
            self._target(data)
        except Exception as error:  # noqa: BLE001 - every one of them is what is looked for
            self._keep(data, error)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        # The engine ends the process itself: what is told now is told in any case.
        if self.inputs % self._tenth == 0:
            print(json.dumps(self.summary()), flush=True)

    def _keep(self, data: bytes, error: Exception) -> None:
        place = place_of(error)
        if place in self.defects:
            return
        name = f"{self.name}-{hashlib.sha256(data).hexdigest()[:12]}"
        self._found.mkdir(parents=True, exist_ok=True)
        (self._found / name).write_bytes(data)
        told = "".join(traceback.format_exception(error))
        (self._found / f"{name}.txt").write_text(told, encoding="utf-8", errors="replace")
        self.defects[place] = name
        print(f"found {name}: {place}", flush=True)

    def summary(self) -> dict[str, Any]:
        """Return what was run and found."""
        return {
            "target": self.name,
            "inputs": self.inputs,
            "cpu_s": round(time.process_time() - self._began, 1),
            **self.facts,
            "found": self.defects,
        }


def place_of(error: BaseException) -> str:
    """Return the kind of an error and the last line of importcost's code that it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if "importcost" in Path(one.filename).parts] or frames
    said = str(error).strip().splitlines()[-1:] if isinstance(error, AssertionError) else []
    where = [f"{Path(one.filename).name}:{one.lineno}" for one in own[-1:]]
    return " ".join([type(error).__name__, *where, *(text[:80] for text in said)])


def _too_long(_signum: int, _frame: FrameType | None) -> None:
    raise HangError(f"more than {LONGEST_CPU_S:g} s of processor time")


def saved_inputs(name: str) -> list[Path]:
    """Return the files of the corpus of one target."""
    return sorted(one for one in (CORPUS / name).glob("*") if one.is_file())


def _by_changes(watched: Watched, count: int, kept: Path, seed: int) -> None:
    from tests.fuzz.reached import Reached

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.RLIM_INFINITY))
    kept.mkdir(parents=True, exist_ok=True)
    files = [*saved_inputs(watched.name), *sorted(kept.iterdir())]
    changes = Changes([one.read_bytes() for one in files], seed)
    reached = Reached()
    for data in changes.pool:
        watched(data)
    gc.collect()
    gc.freeze()  # modules and tables are not looked through again and again
    for _ in range(count - len(changes.pool)):
        data = changes.draw()
        watched(data)
        if reached.is_more():
            watched.facts["places"] = reached.places
            changes.keep(data)
            (kept / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def _by_atheris(watched: Watched, count: int, kept: Path, seed: int) -> None:
    import atheris

    kept.mkdir(parents=True, exist_ok=True)
    options = (
        f"-runs={count}", f"-seed={seed}", f"-max_len={MAX_BYTES}", "-timeout=120",
        "-rss_limit_mb=3000", "-verbosity=0", f"-artifact_prefix={kept.parent}/",
    )  # fmt: skip
    folders = [str(kept), *[str(one) for one in [CORPUS / watched.name] if one.is_dir()]]
    atheris.Setup([sys.argv[0], *options, *folders], watched)
    atheris.Fuzz()  # ends the process itself


def main() -> None:
    """Run one target, and print its summary as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--engine", choices=["atheris", "random"], default="random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", type=Path, default=Path(tempfile.gettempdir(), "fuzz-found"))
    parser.add_argument("--kept", type=Path, help="the folder of a growing corpus")
    given = parser.parse_args()
    kept = given.kept or given.found / "corpus" / given.target
    if given.engine == "atheris":
        import atheris

        with atheris.instrument_imports(include=["importcost"]):
            watched = Watched(given.target, given.found, given.inputs)
        _by_atheris(watched, given.inputs, kept, given.seed)
        return
    watched = Watched(given.target, given.found, given.inputs)
    watched.facts = {"python": platform.python_version(), "seed": given.seed, "places": 0}
    _by_changes(watched, given.inputs, kept, given.seed)


if __name__ == "__main__":
    main()
