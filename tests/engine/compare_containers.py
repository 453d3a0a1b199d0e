"""Does one container for all runs change the figures? Against a new container per run.

`python tests/engine/compare_containers.py ENGINE IMAGE [RUNS [REQUIREMENTS_DIR]]`, from a
checkout's virtual environment. Both ways take turns in random order; medians of the
function-init CPU of `import boto3; boto3.client("s3")`, in milliseconds. With REQUIREMENTS_DIR,
boto3 comes from that mounted folder instead of from the image.

Measured on two shared cores, 20 runs each way, one container / a new one each:
  boto3 from the image    podman 180.5 / 187.5 (+3.8 %), docker 193.0 / 201.2 (+4.3 %)
  boto3 from a mount      podman 187.1 / 188.5 (+0.7 %), docker 184.7 / 185.3 (+0.3 %)
A new container looks up each of the image's own files for the first time; the function's files
are mounted and do not differ. A container costs 0.3 to 0.5 s, a job in a running one 2 ms.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
from pathlib import Path

from importcost.measure.programs import read_probe
from importcost.measure.runners.container.inside import ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner
from importcost.measure.runners.engines import find_engine
from importcost.measure.session import STUB

HANDLER = "import boto3\nboto3.client('s3', region_name='us-east-1')\n"
PATHS = ("{scratch}/probe.py", "{scratch}/spec.json", "{scratch}/result.json")


def function_init_ms(runner: ContainerRunner) -> float:
    spec = {
        "module": "handler",
        "function": None,
        "argv0": "bootstrap.py",
        "search_path": list(runner.layout.search_path),
        "runtime_dir": runner.layout.runtime_dir,
        "runtime_modules": [],
        "bytecode": "as-is",
        "bytecode_dir": None,
    }
    files = {"probe.py": read_probe(), "spec.json": json.dumps(spec)}
    launch = runner.launch(("-c", STUB, *PATHS, "timed", "token", "{clocks}"), files, 60)
    assert launch.result is not None, launch
    return launch.result["phases"]["function_init"]["cpu_ns"] / 1e6


def main() -> None:
    engine, image, *rest = sys.argv[1:]
    runs = int(rest[0]) if rest else 15
    requirements = tuple(map(Path, rest[1:2]))
    with tempfile.TemporaryDirectory() as root:
        Path(root, "handler.py").write_text(HANDLER)
        options = ContainerOptions(image, Path(root), packages=requirements, memory_mb=512)
        found: dict[str, list[float]] = {"one": [], "new": []}
        with ContainerRunner(find_engine(engine), options) as shared:
            function_init_ms(shared)
            for _ in range(runs):
                for way in random.sample(["one", "new"], 2):
                    if way == "one":
                        found[way].append(function_init_ms(shared))
                    else:
                        with ContainerRunner(find_engine(engine), options) as fresh:
                            found[way].append(function_init_ms(fresh))
    for way, times in found.items():
        print(f"{way}: median {statistics.median(times):.1f} ms, sd {statistics.stdev(times):.1f}")


if __name__ == "__main__":
    main()
