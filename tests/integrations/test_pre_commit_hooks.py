"""The pre-commit hooks: valid by their schema, and each entry run on a project."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.commands import run_here
from tests.harness import write_files

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
CONFIG = '[handlers.orders]\nhandler = "handler.py"\nforbid = ["csv"]\nmax_init_ms = 5000\n'


def test_the_hooks_are_valid_by_their_schema():
    schema = json.loads((ROOT / "tests/data/pre-commit-hooks.json").read_text())
    jsonschema.Draft7Validator(schema).validate(HOOKS)


@pytest.mark.unhurried
@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@pytest.mark.parametrize(("handler", "code"), [("import wave\n", 0), ("import csv\n", 1)])
def test_each_hook_passes_and_fails(tmp_path, hook, handler, code):
    write_files(tmp_path, {"handler.py": handler, "importcost.toml": CONFIG})
    command, *args = shlex.split(hook["entry"])
    assert command == "importcost"
    variables = {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache")}
    done = run_here(tmp_path, *args, variables=variables)
    assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_hooks_run_for_what_can_change_their_result(hook):
    wanted = (
        "a.py", "src/b.py", "pyproject.toml", "x/importcost.toml", "importcost-baseline.json",
        "src/requirements.txt", "requirements-prod.txt",
    )  # fmt: skip
    assert all(re.search(hook["files"], name) for name in wanted)
    assert not any(re.search(hook["files"], name) for name in ("README.md", "a.pyc", "x.toml"))
