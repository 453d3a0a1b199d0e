"""The target that reads what other deployment tools are told, and what they write."""

from __future__ import annotations

import shutil
from pathlib import Path

from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from tests.fuzz.refusals import is_refused
from tests.fuzz.scratch import scratch

HANDLER = "def handler(event, context): ...\n"
PACKAGED = ".serverless/serverless-state.json"
TEMPLATE = ".serverless/cloudformation-template-update-stack.json"
PROJECTS = {
    "sst.config.ts": {"sst.config.ts": "", "infra/api.ts": "", "src/a.py": HANDLER},
    "infra/api.ts": {"sst.config.ts": 'import "./infra/api"', "src/a.py": HANDLER},
    "preview.json": {"src/a.py": HANDLER, "a.zip": ""},
    "Pulumi.yaml": {"src/a.py": HANDLER},
    ".chalice/config.json": {"app.py": "@app.schedule('x', name='n')\ndef f(event): ...\n"},
    "app.py": {".chalice/config.json": "{}", "chalicelib/b.py": HANDLER},
    "zappa_settings.json": {"a.py": HANDLER},
    "zappa_settings.toml": {"a.py": HANDLER},
    "pants.toml": {"src/python/BUILD": "python_aws_lambda_function(handler='a.py:handler')\n"},
    "src/python/BUILD": {"pants.toml": "", "src/python/a.py": HANDLER},
    PACKAGED: {"serverless.yml": "functions: {}", TEMPLATE: '{"Resources": {}}'},
    TEMPLATE: {PACKAGED: '{"service": {"functions": {"a": 1}}}', ".serverless/a.zip": ""},
}
"""The other files of a project, by the file that an input gives."""


def read_tool_text(data: bytes) -> None:
    """Read a project with one file as it is; the input's first line is that file's name."""
    first, _, text = data.partition(b"\n")
    name = first.decode("ascii", "replace").strip()
    name = name if name in PROJECTS else "sst.config.ts"
    folder = scratch("tool")
    shutil.rmtree(folder)
    files: dict[str, bytes] = {one: value.encode() for one, value in PROJECTS[name].items()}
    for path, content in {**files, name: text}.items():
        _write(folder / path, content)
    is_refused(lambda: repr(read_project_place(folder, ReadOptions()).functions))


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
