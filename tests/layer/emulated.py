"""A function under the real emulator and awslambdaric, with the layer or without it."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness import PATIENCE_S

EMULATOR = "/usr/local/bin/aws-lambda-rie"
WRAPPED = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/importcost-wrapper"}
# What AWS's images have at these places does the same; the test image has awslambdaric alone.
BOOTSTRAP_SH = """#!/bin/sh
if [ -z "$AWS_LAMBDA_EXEC_WRAPPER" ]; then
  exec /var/lang/bin/python3 $TRACING /var/runtime/bootstrap.py
fi
exec "$AWS_LAMBDA_EXEC_WRAPPER" /var/lang/bin/python3 /var/runtime/bootstrap.py
"""
BOOTSTRAP_PY = """import os
import sys

from awslambdaric import __main__ as runtime

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
runtime.main([sys.argv[0], os.environ["_HANDLER"]])
"""
INVOKE = (
    "import sys, urllib.request as u;"
    "r = u.Request('http://127.0.0.1:8080/2015-03-31/functions/function/invocations',"
    "data=sys.argv[1].encode());"
    "print(u.urlopen(r).read().decode())"
)


@dataclass(frozen=True, slots=True)
class EmulatedFunction:
    """A function's files and variables; `opt` is the folder of its unpacked layer, or None."""

    command: str
    image: str
    task: Path
    runtime: Path
    opt: Path | None = None
    handler: str = "app.handler"
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, events: Sequence[str] = ("{}",)) -> tuple[list[str], str]:
        """Return the answers to the events, and all that the container wrote."""
        name = f"importcost-layer-{uuid.uuid4().hex}"
        command = self.command
        try:
            started = [command, "run", "--detach", "--name", name, *self._flags()]
            subprocess.run([*started, self.image, "/var/runtime/bootstrap", self.handler],
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            answers = [self._answer(name, event) for event in events]
            logs = subprocess.run([command, "logs", name], capture_output=True, text=True,
                                  check=True, timeout=PATIENCE_S)  # fmt: skip
            return answers, logs.stdout + logs.stderr
        finally:
            with contextlib.suppress(OSError):
                subprocess.run([command, "rm", "--force", name], capture_output=True, check=False)

    def _flags(self) -> list[str]:
        mounts = {self.task: "/var/task", self.runtime / "bootstrap": "/var/runtime/bootstrap",
                  self.runtime / "bootstrap.py": "/var/runtime/bootstrap.py"}  # fmt: skip
        if self.opt is not None:
            mounts[self.opt] = "/opt"
        flags = ["--network", "none", "--read-only", "--tmpfs", "/tmp:rw,size=64m"]
        flags += ["--workdir", "/var/task", "--entrypoint", EMULATOR]
        for host, inside in mounts.items():
            flags += ["--volume", f"{host}:{inside}:ro"]
        given = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", **self.variables}
        if self.opt is not None:
            given |= WRAPPED
        for key, value in given.items():
            flags += ["--env", f"{key}={value}"]
        return flags

    def _answer(self, name: str, event: str) -> str:
        argv = [self.command, "exec", name, "/var/lang/bin/python3", "-S", "-c", INVOKE, event]
        deadline = time.monotonic() + PATIENCE_S
        while True:
            asked = subprocess.run(argv, capture_output=True, text=True, check=False,
                                   timeout=PATIENCE_S)  # fmt: skip
            is_early = "refused" in asked.stderr
            if not is_early or time.monotonic() > deadline:
                return asked.stdout.strip()


def laid_out(folder: Path, source: str, layer: bytes | None) -> tuple[Path, Path, Path | None]:
    """Write the task root, the runtime's start and the unpacked layer; return their folders."""
    task, runtime, opt = folder / "task", folder / "runtime", folder / "opt"
    for path in (task, runtime, opt):
        path.mkdir(parents=True)
    (task / "app.py").write_text(source)
    (runtime / "bootstrap").write_text(BOOTSTRAP_SH)
    (runtime / "bootstrap").chmod(0o755)
    (runtime / "bootstrap.py").write_text(BOOTSTRAP_PY)
    if layer is None:
        return task, runtime, None
    unpack(layer, opt)
    return task, runtime, opt


def unpack(layer: bytes, opt: Path) -> None:
    """Unpack a layer with the modes of its files, as Lambda does."""
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, opt))
            path.chmod(entry.external_attr >> 16 & 0o777)


def log_lines(text: str) -> Iterator[str]:
    """Yield the lines of a log that are not the emulator's own."""
    for line in text.splitlines():
        if "(rapid)" not in line and not line.startswith(("START ", "END ", "REPORT ")):
            yield line


def decoded(answer: str) -> object:
    """Return the value of an answer in JSON."""
    return json.loads(answer)
