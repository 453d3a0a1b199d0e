"""Profile one handler in a bare environment and in one with 150 unrelated distributions.

`python tests/benchmarks/bench_environment.py [LAUNCHES]`: both environments hold the handler's
own package; the crowded one holds 150 more, with `.pth` files and single modules. Launches
alternate, in random order. Prints the modules that only one side loads, and the medians of
function-init CPU with their ratio.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from importcost.app.profile.bench import open_bench
from importcost.app.profile.request import ProfileRequest
from importcost.measure.session import Session
from importcost.model.profile import RunKind
from tests.benchmarks.tell import tell
from tests.packages import installed

UNRELATED = 150
MODULES = 60
SITE = Path("lib") / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
BODY = "".join(f"def f{n}(a, b={n}):\n    return [a, b, {n}]\n" for n in range(60))
HANDLER = "import app_dep\nimport csv, decimal\ndef handler(event, context):\n    return None\n"


class Quiet:
    """A listener that says nothing."""

    def note(self, message: str) -> None: ...
    def detail(self, message: str) -> None: ...
    def progress(self, progress: object) -> None: ...
    def first_figures(self, figures: object) -> None: ...


def environment(folder: Path, unrelated: int) -> str:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = folder / SITE
    names = [f"app_dep/m{n}.py" for n in range(MODULES)]
    texts = dict.fromkeys(names, BODY)
    texts["app_dep/__init__.py"] = "".join(f"from app_dep import m{n}\n" for n in range(MODULES))
    installed(site, "app-dep", files=tuple(texts), texts=texts)
    for number in range(unrelated):
        name = f"unrelated{number}"
        files = (f"{name}/__init__.py", f"{name}/data.py", f"{name}_single.py", f"{name}.pth")
        pth = {f"{name}.pth": "import os\n"}
        installed(site, name, files=files, texts=pth)
    return str(folder / "bin" / "python")


def main() -> None:
    launches = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        root = Path(name)
        (root / "task").mkdir()
        (root / "task" / "handler.py").write_text(HANDLER)
        (root / "task" / "requirements.txt").write_text("app-dep\n")
        target = str(root / "task" / "handler.py")
        sessions, modules = {}, {}
        for side, unrelated in (("bare", 0), ("crowded", UNRELATED)):
            python = environment(root / side, unrelated)
            request = ProfileRequest(target=target, python=python, runner="local", boto3="none")
            bench = stack.enter_context(open_bench(request, Quiet()))
            sessions[side] = Session(bench.runner, bench.subject)
            graph = sessions[side].launch_probe(RunKind.GRAPH)["graph"]
            modules[side] = {row[0] for row in graph["modules"]}
        for _ in range(launches):
            for side in random.sample(sorted(sessions), 2):
                sessions[side].launch_probe(RunKind.TIMED)
    different = sorted(modules["bare"] ^ modules["crowded"])
    print("modules of one side only:", different or "none")
    found = {side: statistics.median(one.timed_cpu_us()) / 1000 for side, one in sessions.items()}
    ratio = found["crowded"] / found["bare"] - 1
    both = f"bare {found['bare']:.2f} ms, crowded {found['crowded']:.2f} ms"
    print(f"{both}: {ratio:+.1%}")
    tell(
        modules=(len(different), f"of {len(modules['bare'])}"),
        cpu_percent=(100 * ratio, f"{both}, {launches} launches each"),
    )


if __name__ == "__main__":
    main()
