"""The files that the graph run records: what the loader read, native code, other data."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from importcost.measure.graph import build_graph
from importcost.measure.runners.base import Layout
from importcost.measure.session import Measurement
from importcost.model.graph import ImportGraph
from tests.harness import Handler, graph_of, interpreters, write_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
FIND = "import importlib.util as u; print(u.find_spec('_decimal').origin)"


def extension_of(python: str) -> Path:
    """Return an extension module's file that neither the runtime nor the probe loads itself."""
    answer = subprocess.run([python, "-c", FIND], capture_output=True, text=True, check=True)
    file = Path(answer.stdout.strip())
    if not file.suffix:
        pytest.skip("this interpreter has it built in")
    return file


def loaded(handler: Handler) -> ImportGraph:
    result, _ = graph_of(handler)
    measured = Measurement(
        runs=(),
        logs=(),
        traced_spans=(),
        graph=result["graph"],
        runtime_version=None,
        handler_found=None,
        module_count=0,
        output_bytes=0,
        output_tail="",
    )
    return build_graph(measured, Layout(str(handler.root), (), handler.runtime_dir))


@pytest.mark.parametrize("python", interpreters())
def test_a_mapped_extension_module_is_recorded_with_its_size_and_pages(tmp_path, python):
    extension = extension_of(python)
    root = write_files(
        tmp_path / "task",
        {
            "handler.py": "import outer\n",
            "outer.py": "import inner._decimal\nDATA = open('words.txt').read()\n",
            "inner/__init__.py": "",
            "words.txt": "a" * 5000,
        },
    )
    place = root / "inner" / extension.name
    shutil.copy(extension, place)
    graph = loaded(Handler(root, python=python))
    files = {file.path: file for file in graph.files or ()}
    native = files[str(place)]
    assert native.module == "inner._decimal"
    assert native.is_code
    assert native.file_bytes == extension.stat().st_size
    assert 4096 <= (native.resident_bytes or 0) <= native.file_bytes + 1_000_000
    words = files[str(root / "words.txt")]
    assert (words.module, words.file_bytes, words.resident_bytes) == ("outer", 5000, None)
    read = {module.name: module.read_bytes for module in graph.modules}
    assert read["outer"] == (root / "outer.py").stat().st_size
    assert read["inner._decimal"] == native.file_bytes


def test_a_library_belongs_to_the_module_that_loads_it(tmp_path):
    extension = extension_of(sys.executable)
    text = "import ctypes, os\nctypes.CDLL(os.path.join(os.path.dirname(__file__), 'part.so'))\n"
    files = {"handler.py": "import binding\n", "binding.py": text}
    root = write_files(tmp_path / "task", files)
    shutil.copy(extension, root / "part.so")
    graph = loaded(Handler(root))
    found = {file.path: file.module for file in graph.files or ()}
    assert found[str(root / "part.so")] == "binding"


def test_bytecode_counts_as_the_loader_reads_it(tmp_path):
    root = write_files(tmp_path / "task", {"handler.py": "import part\n", "part.py": "A = 1\n"})
    graph = loaded(Handler(root))
    assert {m.name: m.read_bytes for m in graph.modules}["part"] == 6
    assert not [file for file in graph.files or () if file.path.endswith((".py", ".pyc"))]
