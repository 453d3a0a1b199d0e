"""A runtime with the names of awslambdaric's, and the layer around it, on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from base64 import urlsafe_b64decode
from pathlib import Path

from importcost.model.cloudwatch.layer_record import LAYER_MARK
from tests.harness import PATIENCE_S, write_files

RUNTIME = {
    "runtime/awslambdaric/__init__.py": "",
    "runtime/awslambdaric/lambda_runtime_client.py": """
import json

class BaseLambdaRuntimeClient:
    def wait_next_invocation(self):
        return next(self.events)

    def post_init_error(self, error):
        print("posted", error)


class LambdaRuntimeClient(BaseLambdaRuntimeClient):
    events = iter(range(2))
""",
    "runtime/bootstrap.py": """
import importlib
import os
import sys
import traceback

from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


def main():
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    client = LambdaRuntimeClient()
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    try:
        found = importlib.import_module(module.replace("/", "."))
    except Exception as error:
        traceback.print_exc()
        client.post_init_error(type(error).__name__)
        sys.exit(1)
    while True:
        try:
            event = client.wait_next_invocation()
        except StopIteration:
            break
        print("answer", getattr(found, function)(event, None), flush=True)


if __name__ == "__main__":
    main()
""",
}


class FakeFunction:
    """A function in a folder, its runtime and its layer."""

    def __init__(self, folder: Path, files: dict[str, str], opt: Path) -> None:
        self.folder = write_files(folder, {**RUNTIME, **files})
        self.opt = opt

    def start(
        self, *, layer: bool = True, python: str = sys.executable, flags: tuple[str, ...] = (),
        words: tuple[str, ...] = ("runtime/bootstrap.py",), **variables: str,
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        """Start it cold, with two requests, as the layer's shebang would."""
        wrapper = (str(self.opt / "importcost-wrapper"), python) if layer else ()
        return subprocess.run(
            [python, *flags, *wrapper, *words],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "LAMBDA_TASK_ROOT": str(self.folder / "task"),
                "_HANDLER": "app.handler",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


def said(line: str) -> dict[str, object]:
    """Return what a line of the layer says."""
    data = line.partition(LAYER_MARK)[2].split('"')[0]
    found = json.loads(zlib.decompress(urlsafe_b64decode(data)))
    assert isinstance(found, dict)
    return found


def layer_line(output: str) -> str:
    """Return the one line of the layer in an output."""
    (line,) = [line for line in output.splitlines() if LAYER_MARK in line]
    return line
