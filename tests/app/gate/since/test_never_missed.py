"""Whatever a real run loads, an edit of it takes the handler: on made-up projects of any shape."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from importcost.app.gate.inputs.closure import SourceIndex
from importcost.app.gate.inputs.function_inputs import inputs_of
from importcost.app.gate.since.selection import reasons_of, watched_probes
from importcost.app.profile.request import ProfileRequest
from importcost.processes.git_changes import ChangedFiles
from tests.harness import write_files

MODULES = ("a", "b", "pkg", "pkg.one", "pkg.two", "pkg.deep", "pkg.deep.three", "ns.four", "csv")
PACKAGES = frozenset({"pkg", "pkg.deep"})
STATIC = (
    "import {name}",
    "import {name} as other",
    "from {parent} import {last}",
    "from {name} import *",
    "def f():\n    import {name}\nf()",
    "class C:\n    import {name}",
    "try:\n    import nothing_here\nexcept ImportError:\n    import {name}",
    "if True: import {name}; import json",
    "lambda: 0; import {name}",
    "with open(__file__): import {name}",
    "__import__('{name}')",
    "import importlib\nimportlib.import_module('{name}')",
    "from importlib import import_module as load\nload('{name}')",
    (
        "import logging.config as lc\nlc.dictConfig(\n"
        " {{'version': 1, 'formatters': {{'f': {{'()': '{name}.F'}}}}}})"
    ),
    (
        "import sys, os\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))\n"
        "import {name}"
    ),
)
"""Statements in which the source says which module it is."""
DYNAMIC = (
    "import importlib\nN = {parts!r}\nimportlib.import_module('.'.join(N))",
    "import importlib\nfor n in ['{name}']:\n    importlib.import_module(n)",
    "import importlib\nf = importlib.import_module\nf(''.join(['{name}']))",
    "import importlib\nx = '{last}'\nimportlib.import_module(f'{parent}.{{x}}'[not '{parent}':])",
    "exec('import {name}')",
    "exec('imp' + 'ort {name}')",
    "import importlib, sys\ngetattr(importlib, 'import_module')('{name}')",
    "import pkgutil\npkgutil.resolve_name('{name}')",
    "import runpy\nrunpy.run_module('{name}')",
    (
        "import concurrent.futures as c\nwith c.ThreadPoolExecutor(1) as p:\n"
        "    p.submit(__import__, '{name}').result()"
    ),
)
RELATIVE = ("from . import {last}", "from .{last} import *", "from .. import {last}")


@st.composite
def projects(draw):
    """Return files by name; every module imports later ones only, so that all can be loaded."""
    files = {}
    forms = STATIC if draw(st.booleans()) else STATIC + DYNAMIC
    for at, name in enumerate(MODULES):
        later = MODULES[at + 1 :]
        chosen = draw(st.lists(st.sampled_from(later), max_size=3)) if later else []
        lines = [draw(statement_of(name, one, forms)) for one in chosen]
        path = name.replace(".", "/")
        path = f"{path}/__init__.py" if name in PACKAGES else f"{path}.py"
        if draw(st.booleans()) and name in PACKAGES and not lines:
            continue  # a namespace package
        files[path] = "\n".join(["F = object", *lines, ""])
    starts = draw(st.lists(st.sampled_from(MODULES), min_size=1, max_size=3))
    lines = [draw(statement_of("handler", one, forms)) for one in starts]
    files["handler.py"] = "\n".join([*lines, "def handler(e, c): ...", ""])
    files["lib/b.py"] = "F = object\n"
    files["lib/pkg/__init__.py"] = "F = object\n"
    return files


def statement_of(importer, name, known):
    parent, _, last = name.rpartition(".")
    forms = [form for form in known if parent or "from {parent}" not in form]
    package = importer if importer in PACKAGES else importer.rpartition(".")[0]
    if parent and parent == package:
        forms += RELATIVE[:2]
    if parent and package.rpartition(".")[0] == parent:
        forms.append(RELATIVE[2])
    values = {"name": name, "parent": parent, "last": last, "parts": name.split(".")}

    def written(form):
        lines = "\n".join(f" {line}" for line in form.format(**values).split("\n"))
        return f"try:\n{lines}\nexcept Exception: pass"

    return st.sampled_from(forms).map(written)


PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import handler
files = [getattr(m, "__file__", None) for m in list(sys.modules.values())]
print("\\n" + json.dumps([one for one in files if one and one.startswith(sys.argv[1])]))
"""


def loaded_by(root):
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", PROGRAM, str(root)],
            capture_output=True, text=True, check=True, cwd=root, timeout=60,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        # A thread that imports from the package whose import waits for it: no program at all.
        reject()
    return json.loads(done.stdout.rsplit("\n", 2)[-2])


@pytest.mark.unhurried
@given(projects())
@settings(
    max_examples=int(os.environ.get("IMPORTCOST_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_an_edit_of_a_file_that_is_loaded_is_never_missed(files):
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(os.path.realpath(scratch))
        write_files(root, files)
        request = ProfileRequest(f"{root}/handler.py", task_root=str(root))
        loaded = loaded_by(root)
        assert f"{root}/handler.py" in loaded
        tracked = tuple(sorted(str(root / name) for name in files))
        for file in loaded:
            for word in ("changed", "new", "removed"):
                changes = ChangedFiles("0" * 40, {file: word}, (), tracked)
                index = SourceIndex(watched_probes(changes))
                found = reasons_of(inputs_of(request, index, str(root)), changes, str(root))
                assert found, (file, files)


@pytest.mark.unhurried
@given(projects(), st.data())
@settings(
    max_examples=int(os.environ.get("IMPORTCOST_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_file_whose_removal_changes_what_is_loaded_is_never_missed(files, data):
    """The working tree has the file no longer; the base's run loaded it."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(os.path.realpath(scratch))
        write_files(root, files)
        before = loaded_by(root)
        gone = [one for one in before if not one.endswith("/handler.py")]
        if not gone:
            return
        file = data.draw(st.sampled_from(sorted(gone)))
        Path(file).unlink()
        if loaded_by(root) == before:
            return
        changes = ChangedFiles("0" * 40, {file: "removed"}, (), ())
        index = SourceIndex(watched_probes(changes))
        request = ProfileRequest(f"{root}/handler.py", task_root=str(root))
        found = reasons_of(inputs_of(request, index, str(root)), changes, str(root))
        assert any(file.removeprefix(f"{root}/") in reason for reason in found), (file, files)
