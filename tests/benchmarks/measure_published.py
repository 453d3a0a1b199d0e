"""Profile the functions of published-inits.json here, as a user would, and keep the profiles.

    python tests/benchmarks/measure_published.py --packages FOLDER --profiles FOLDER \
        --python PATH_3.9 --python PATH_3.10 ... [--assets FOLDER] [--env FUNCTION:NAME=VALUE]

The requirements of each function are installed once below `--packages` by uv, as of the date that
they had. `--assets` holds files that a handler reads (from the function's repository). One saved
profile a function is left in `--profiles`; fit_cost_model.py fits on them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_name("published-inits.json")
IMPORTCOST = (sys.executable, "-m", "importcost")


def load_cases() -> list[dict[str, Any]]:
    return json.loads(CASES.read_text(encoding="utf-8"))["cases"]


def version_of(python: str) -> str:
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def install(case: dict[str, Any], python: str, root: Path) -> None:
    if (root / ".installed").exists():
        return
    root.mkdir(parents=True, exist_ok=True)
    if case["requirements"]:
        command = ["uv", "pip", "install", "-q", "--python", python, "--target", str(root)]
        date = ["--exclude-newer", case["as_of"]] if case["as_of"] else []
        # `--copies`: a hard link into the cache would share its page cache with others.
        subprocess.run([*command, "--link-mode", "copy", *date, *case["requirements"]], check=True)
    for pattern in case.get("remove", ()):  # left to the runtime by the function's own build
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (root / ".installed").touch()


def profile(
    case: dict[str, Any], python: str, options: argparse.Namespace, output: Path
) -> str | None:
    """Leave the function's profile; return what went wrong, or None."""
    root = (options.packages / case["name"]).resolve()
    install(case, python, root)
    for asset in case.get("assets", ()):
        shutil.copy(options.assets / asset, root / asset)
    lines = [*case["code"], "", "", "def handler(event, context):", "    return None"]
    (root / "published_handler.py").write_text("\n".join(lines) + "\n")
    given = {name: value for place, name, value in options.env if place == case["name"]}
    variables = {**case.get("env", {}), **given}
    command = [
        *(*IMPORTCOST, "profile", "published_handler.py:handler", "--quiet"),
        *("--python", python, "--runner", "local", "--package-type", case["package_type"]),
        *("--boto3", case.get("boto3", "none"), "--runs", str(options.runs)),
        *("--timeout", "120", "--memory", "1769"),
        *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")),
        *("-o", str(output.resolve())),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    return done.stderr.strip() if done.returncode else None


def setting(text: str) -> tuple[str, str, str]:
    place, _, rest = text.partition(":")
    name, _, value = rest.partition("=")
    return place, name, value


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--profiles", type=Path, required=True)
    parser.add_argument("--python", action="append", required=True)
    parser.add_argument("--assets", type=Path, default=Path())
    parser.add_argument("--env", action="append", type=setting, default=[])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", action="append", help="a function's name")
    parser.add_argument("--again", action="store_true", help="also those that have a profile")
    options = parser.parse_args(argv)
    pythons = {version_of(python): python for python in options.python}
    options.profiles.mkdir(parents=True, exist_ok=True)
    cases = {case["name"]: case for case in load_cases()}
    for name in options.only or cases:
        case = cases[name]
        output = options.profiles / f"{name}.json"
        if case["python"] not in pythons or (output.exists() and not options.again):
            continue
        failed = profile(case, pythons[case["python"]], options, output)
        print(f"{name:26} {failed or 'profiled'}", flush=True)


if __name__ == "__main__":
    main()
