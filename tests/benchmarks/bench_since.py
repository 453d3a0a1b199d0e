"""What `check --since` plans: a made-up repository of 200 functions, and public checkouts.

python tests/benchmarks/bench_since.py               # 200 functions, one changed, measured for real
python tests/benchmarks/bench_since.py CHECKOUT ...  # one-file changes of checkouts, planned only

A checkout is copied before anything is changed in it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from importcost.app.gate.handler_requests import HowToMeasure, requests_for
from importcost.app.gate.since.plan import SinceRequest, select_since
from importcost.app.projects.configured import chosen_handlers, project_reader, with_project
from importcost.config.read import read_config
from importcost.errors import ImportcostError
from tests.benchmarks.tell import tell

FUNCTIONS = 200
MOST_PROFILES = 2
MOST_PLANNING_S = 3.0
FILES_TRIED = 12
_IDENTITY = ("-c", "user.name=b", "-c", "user.email=b@example.com")


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", *_IDENTITY, "-C", str(folder), *args], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def made_up(folder: Path) -> None:
    """Write 200 functions in one task root, twenty shared modules among them."""
    root = folder / "src"
    (root / "shared").mkdir(parents=True)
    (root / "shared" / "__init__.py").write_text("")
    for number in range(20):
        inner = f"from shared import m{number - 1}\n" if number % 5 else "import json\n"
        body = "\n".join(f"def f{line}(a):\n    return a + {line}" for line in range(60))
        (root / "shared" / f"m{number}.py").write_text(f"{inner}{body}\n")
    tables = []
    for number in range(FUNCTIONS):
        name = f"fn{number:03}"
        (root / name).mkdir()
        (root / name / "__init__.py").write_text("")
        (root / name / "local.py").write_text("import csv\n")
        (root / name / "app.py").write_text(
            f"from shared import m{number % 20}\nfrom {name} import local\n"
            "def handler(event, context):\n    return {}\n"
        )
        tables.append(f'[handlers.{name}]\nhandler = "{name}/app.handler"\nroot = "src"\n')
    (folder / "importcost.toml").write_text("max_modules = 500\n" + "".join(tables))
    git(folder, "init", "--quiet", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "base")


def planned(folder: Path, config_text: str) -> tuple[int, int, float]:
    """Return the handlers taken, all of them, and the seconds that planning took."""
    file = folder / "importcost.toml"
    read = project_reader()
    config = with_project(read_config(config_text, str(file)), read)
    handlers, how = [], HowToMeasure(runner="local")
    for one in chosen_handlers(config, (), read):
        try:
            requests_for(config, [one], how, read)
        except ImportcostError:
            continue
        handlers.append(one)
    requests = requests_for(config, handlers, how, read)
    started = time.perf_counter()
    baseline = str(folder / "importcost-baseline.json")
    asked = SinceRequest("HEAD", config, handlers, requests, how, baseline)
    found = select_since(asked, read, lambda _: None)
    return len(found.taken), len(handlers), time.perf_counter() - started


def own(scratch: Path) -> bool:
    folder = scratch / "made-up"
    made_up(folder)
    (folder / "src" / "fn042" / "local.py").write_text("import csv, wave\n")
    text = (folder / "importcost.toml").read_text()
    seconds = []
    for _ in range(5):
        taken, total, took = planned(folder, text)
        seconds.append(took)
    program = str(Path(sys.executable).parent / "importcost")
    started = time.perf_counter()
    command = [program, "check", "--since", "HEAD", "--runner", "local"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    whole = time.perf_counter() - started
    profiles = done.stderr.count("Checking ")
    planning = statistics.median(seconds)
    words = f"{planning:.2f} s, median of 5; {whole:.1f} s for the whole command"
    tell(profiles=profiles, planning_s=(planning, words))
    print("| functions | changed | profiles | planning s | whole command s | load |")
    print("|---|---|---|---|---|---|")
    load = os.getloadavg()[0]
    print(f"| {total} | 1 | {profiles} ({taken}) | {planning:.2f} | {whole:.1f} | {load:.1f} |")
    return done.returncode == 0 and profiles <= MOST_PROFILES and planning <= MOST_PLANNING_S


def public(checkout: Path, scratch: Path) -> None:
    """Change one Python file after the other of a copy, and count what each takes."""
    copy = scratch / checkout.name
    shutil.copytree(checkout, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    git(copy, "init", "--quiet", "-b", "main")
    text = 'project = "."\n'
    (copy / "importcost.toml").write_text(text)
    git(copy, "add", "--all", "--force")
    git(copy, "commit", "--quiet", "-m", "base")
    files = [one for one in git(copy, "ls-files").splitlines() if one.endswith(".py")]
    step = max(1, len(files) // FILES_TRIED)
    taken, seconds, total = [], [], 0
    try:
        for name in files[::step][:FILES_TRIED]:
            file = copy / name
            before = file.read_bytes()
            file.write_bytes(before + b"\n# changed\n")
            count, total, took = planned(copy, text)
            file.write_bytes(before)
            taken.append(count)
            seconds.append(took)
    except ImportcostError as error:
        print(f"| {checkout.name} | {str(error)[:80]} |")
        return
    middle = statistics.median(taken)
    print(
        f"| {checkout.name} | {total} | {len(files)} | {len(taken)} | {min(taken)} | {middle:g} "
        f"| {max(taken)} | {max(seconds):.2f} |",
        flush=True,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        if len(sys.argv) == 1:
            sys.exit(not own(Path(scratch)))
        print("| checkout | functions | .py | edits | taken: least | median | most | planning s |")
        print("|---|---|---|---|---|---|---|---|")
        for one in sys.argv[1:]:
            public(Path(one), Path(scratch))


if __name__ == "__main__":
    main()
