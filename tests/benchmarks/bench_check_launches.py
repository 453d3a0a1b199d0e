"""The interpreters that a deterministic check of one handler starts.

    python tests/benchmarks/bench_check_launches.py

`importcost check` runs in this process, on a handler with rules that need no timing, once with
importcost's own interpreter and once with another path to it. Counted is every process that is
started with one of the two.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.cli.group import cli
from tests.benchmarks.tell import tell

CONFIGURATION = """[handlers.only]
handler = "handler.py"
python = "{python}"
forbid = ["pandas"]
max_modules = 500
"""


def launches(folder: Path, python: str) -> int:
    """Return how many interpreters a check of a handler in a new folder starts."""
    folder.mkdir()
    (folder / "handler.py").write_text("import json\n\n\ndef handler(event, context):\n    ...\n")
    (folder / "importcost.toml").write_text(CONFIGURATION.format(python=python))
    known = {os.path.realpath(python), python}
    before = len(STARTED)
    os.chdir(folder)
    code = cli.main(["check", "--runner", "local", "-q"], standalone_mode=False)
    if code:
        raise SystemExit(f"the check ended with {code}")
    return sum(os.path.realpath(one) in known or one in known for one in STARTED[before:])


STARTED: list[str] = []


def note(event: str, arguments: tuple[object, ...]) -> None:
    """Keep the program of every process that is started."""
    if event == "subprocess.Popen":
        STARTED.append(os.fsdecode(arguments[0]))  # type: ignore[arg-type]


def main() -> None:
    sys.addaudithook(note)
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as name:
        root = Path(name)
        own = launches(root / "own", sys.executable)
        other = root / "another-python"
        other.symlink_to(sys.executable)
        found = {"own": own, "other": launches(root / "other", str(other))}
        os.chdir(Path(__file__).parent)
    print(found)
    tell(**found)


if __name__ == "__main__":
    main()
