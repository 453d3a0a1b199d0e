"""Installs a handler's requirements once, into a cache keyed by their content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import MeasurementError
from importcost.files.cache import cache_folder
from importcost.measure.runners.launcher import kill_group

INSTALL_TIMEOUT_S = 900
VERSIONS_SHOWN = 3
_REASON_MARKS = ("ERROR:", "error:", "×", "╰─▶", "No solution found")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class InstallTarget:
    """For which Python the wheels are: `python_version` like `3.12`, `machine` like `x86_64`.

    `python` is a local interpreter to install for, None for a container's: then only Linux
    wheels are taken, whatever this machine is.
    """

    python: str | None
    python_version: str
    machine: str


def installed_folder(key: str, target: InstallTarget) -> Path:
    """Return the folder that requirements with content `key` are installed into."""
    platform = f"{sys.platform}-local" if target.python else "linux-container"
    text = f"{key}|{target.python_version}|{target.machine}|{platform}"
    key_folder = cache_folder() / "requirements" / hashlib.sha256(text.encode()).hexdigest()[:20]
    return key_folder / "site-packages"  # the name by which tools and people know such a folder


def install(
    requirements: str, folder: Path, target: InstallTarget, on_line: Callable[[str], None]
) -> None:
    """Install a requirements file into `folder`, all or nothing.

    `on_line` is told what the installer says. Raises MeasurementError with the installer's own
    reason where it fails; `folder` does not exist then.
    """
    entry = folder.parent
    entry.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=entry.name + ".partial-", dir=entry.parent))
    try:
        command = _command(requirements, partial / folder.name, target)
        code, lines = _run(command, on_line)
        if code != 0:
            raise MeasurementError(
                f"Installing {requirements} for Python {target.python_version} failed: "
                f"{_reason(lines)}. Correct the file, or name another with --requirements."
            )
        # Where another process was quicker, its folder has the same content.
        with contextlib.suppress(OSError):
            partial.rename(entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _command(requirements: str, folder: Path, target: InstallTarget) -> list[str]:
    uv = shutil.which("uv")
    wheels = []
    if uv:
        if target.python is None:
            wheels = ["--python-platform", f"{target.machine}-manylinux_2_28"]
            wheels += ["--python-version", target.python_version, "--only-binary", ":all:"]
        else:
            wheels = ["--python", target.python]
        return [uv, "pip", "install", *wheels, "--target", str(folder), "-r", requirements]
    if target.python is None:
        for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014"):
            wheels += ["--platform", f"{tag}_{target.machine}"]
        wheels += ["--python-version", target.python_version, "--implementation", "cp"]
        wheels += ["--only-binary", ":all:"]
        pip = [sys.executable, "-m", "pip"]
    else:
        pip = [*_pip_for(target.python), "--no-input"]
    quiet = ["--disable-pip-version-check", "--progress-bar", "off", "--no-compile"]
    return [*pip, "install", *quiet, *wheels, "--target", str(folder), "-r", requirements]


def _pip_for(python: str) -> list[str]:
    """Return how to call pip for `python`: its own, or importcost's with --python."""
    found = subprocess.run(
        [python, "-m", "pip", "--version"], capture_output=True, timeout=60, check=False
    )
    if found.returncode == 0:
        return [python, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", python]


def _run(command: list[str], on_line: Callable[[str], None]) -> tuple[int, list[str]]:
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            for line in process.stdout or ():
                output.write(line)
                on_line(line.rstrip())
            code = process.wait(timeout=INSTALL_TIMEOUT_S)
        finally:
            kill_group(process.pid)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        output.seek(0)
        return code, output.read().splitlines()


def _reason(lines: list[str]) -> str:
    found = [line.strip() for line in lines if line.strip().startswith(_REASON_MARKS)]
    if not found:
        found = [line.strip() for line in lines if line.strip()][-1:]
    texts = [line.removeprefix("ERROR:").removeprefix("error:").strip(" .") for line in found]
    return "; ".join(map(_without_lists, texts)) or "the installer gave no reason"


def _without_lists(text: str) -> str:
    """Cut pip's list of a package's versions (hundreds of them) to the last few."""

    def shortened(found: re.Match[str]) -> str:
        versions = found[1].split(", ")
        kept = versions[-VERSIONS_SHOWN:]
        more = ["..."] if len(versions) > len(kept) else []
        return f"(from versions: {', '.join(more + kept)})"

    return re.sub(r"\(from versions: ([^)]*)\)", shortened, text)
