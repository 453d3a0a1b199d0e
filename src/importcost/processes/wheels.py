"""Find the Pythons for which a package has a wheel, if it has none for the measured one."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from importcost.processes.bounded import run
from importcost.processes.uv_program import find_uv

MEASURED_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
ASK_TIMEOUT_S = 60.0
# pip and uv name packages that they could not get or build in these words.
_LACKING = (
    re.compile(r"No matching distribution found for (\S+==\S+)"),
    re.compile(r"Because (\S+==\S+) has no wheels"),
    re.compile(r"Failed to build `?([\w.-]+==[\w.!+-]+)`?"),
    re.compile(r"Failed building wheel for ([\w.-]+)"),
    re.compile(r"Failed to build '?([\w.-]+)'? when"),
)
# Older pip does not name the package that it was building, which is the last one it collected.
_BUILD_FAILED = re.compile("subprocess-exited-with-error|BackendUnavailable")
_COLLECTING = re.compile(r"^Collecting (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class InstallTarget:
    """The Python for the wheels: `python_version` like `3.12`, `machine` like `x86_64`.

    `python` is a local interpreter to install for, None for a container's: then only Linux wheels
    are used, whatever this machine is.
    """

    python: str | None
    python_version: str
    machine: str


def lacking_wheel(lines: Sequence[str]) -> str | None:
    """Return the package for which an installer found no wheel, or None if it failed otherwise."""
    text = "\n".join(lines)
    for pattern in _LACKING:
        found = pattern.search(text)
        if found is not None:
            return found[1].rstrip(".,'`")
    failed = _BUILD_FAILED.search(text)
    collected = _COLLECTING.findall(text[: failed.start()]) if failed else []
    return collected[-1] if collected else None


def is_on_the_index(lines: Sequence[str]) -> bool:
    """Return False if the installer found no release at all of the requested package."""
    return not any("No matching distribution found" in line for line in lines)


def versions_with_wheel(requirement: str, target: InstallTarget) -> tuple[str, ...]:
    """Ask the package index for the versions of MEASURED_PYTHONS with a wheel of `requirement`."""
    others = [version for version in MEASURED_PYTHONS if version != target.python_version]
    with ThreadPoolExecutor(max_workers=2) as pool:
        answers = pool.map(lambda version: _has_wheel(requirement, version, target), others)
        return tuple(version for version, has in zip(others, answers, strict=True) if has)


def _has_wheel(requirement: str, version: str, target: InstallTarget) -> bool:
    with tempfile.TemporaryDirectory(prefix=f"importcost-wheels-{os.getpid()}-") as folder:
        uv = find_uv()
        words = ["--python-version", version, "--only-binary", ":all:", "--no-deps", "--dry-run"]
        if uv:
            platform = ["--python-platform", f"{target.machine}-manylinux_2_28"]
            argv = [uv, "pip", "install", *words, *platform, "--target", folder, requirement]
        else:
            tags = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
            platform = [word for tag in tags for word in ("--platform", f"{tag}_{target.machine}")]
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--ignore-installed"]
            # pip compares Requires-Python with its own Python here; a wheel's tags are sufficient.
            pip.append("--ignore-requires-python")
            argv = [*pip, *words, *platform, "--target", folder, requirement]
        environment = {"PIP_RETRIES": "1", **os.environ}
        try:
            return run(argv, timeout_s=ASK_TIMEOUT_S, env=environment).exit_code == 0
        except OSError:  # the installer that failed before is gone: no more details
            return False


def listed(words: Sequence[str]) -> str:
    """Return `a`, `a and b` or `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
