"""The program that adds a package up inside an image agrees with what is counted from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from importcost.measure.package.contents import package_size
from importcost.measure.package.in_image import distributions_in_image
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Launch, Layout
from tests.harness import PATIENCE_S, interpreters, write_files
from tests.measure.package.test_contents import DATA, built_of, graph_of
from tests.packages import installed


@dataclass
class HereRunner:
    """Runs a program with an interpreter of this machine, as a container's runner would."""

    layout: Layout
    python: str
    folder: object

    def launch(self, words, files, timeout_s, folders=()):
        write_files(self.folder, files)
        words = [word.replace("{scratch}", str(self.folder)) for word in words]
        subprocess.run([self.python, *words], check=True, timeout=PATIENCE_S)
        result = json.loads((self.folder / "result.json").read_text())
        return Launch(0, False, False, 0, b"", result, "", 0)


@pytest.mark.parametrize("python", interpreters())
def test_both_ways_to_count_agree(tmp_path, python):
    root = write_files(tmp_path / "task", {"app.py": "import big\n", "own.json": "{}"})
    installed(root, "big-one", "2.1", files=("big/__init__.py", "big/core.so", "big/data.bin"))
    write_files(root / "big/__pycache__", {"__init__.cpython-312.pyc": "b" * 70})
    (root / "big" / "data.bin").write_bytes(b"x" * 5_000)
    installed(root, "botocore", files=(*DATA, "botocore/__init__.py"), texts=DATA)
    data = root / "botocore/data/s3/2020-01-01/service-2.json.gz"
    graph = graph_of(root / "app.py", root / "big/__init__.py", files=(data,))
    expected = package_size(built_of(root), graph)
    runner = HereRunner(Layout(str(root), (str(root),), None), python, tmp_path / "scratch")
    found, services = distributions_in_image(runner, graph)
    wanted = [
        (one.name, one.version, one.files, one.size_bytes, one.loaded_bytes, one.data_bytes)
        for one in expected.distributions
    ]
    assert wanted == [
        (one.name, one.version, one.files, one.size_bytes, one.loaded_bytes, one.data_bytes)
        for one in found
    ]
    assert {one.place for one in found} == {"image"}
    assert services is not None
    assert (services.services, services.loaded, services.used_bytes) == (3, ("s3",), 300)


def test_a_program_that_left_nothing_is_no_package(tmp_path):
    @dataclass
    class Silent(HereRunner):
        def launch(self, words, files, timeout_s, folders=()):
            return Launch(1, False, False, 0, b"", None, "", 0)

    runner = Silent(Layout(str(tmp_path), (), None), sys.executable, tmp_path)
    assert distributions_in_image(runner, graph_of()) == ((), None)


def test_the_program_compiles_and_needs_no_package():
    compile(read_program("package_files.py"), "package_files.py", "exec")
