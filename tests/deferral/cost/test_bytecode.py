import shlex
import subprocess
import sys
import zipfile

import pytest

from importcost.deferral.cost.bytecode import bytecode_finding, compile_command
from importcost.errors import UsageError
from importcost.files.unpack import unpacked
from importcost.model.graph import RUNTIME, STDLIB, BytecodeState, ImportGraph
from importcost.model.profile import Settings
from tests.deferral.graph_factory import module, preloaded
from tests.harness import PATIENCE_S


def graph_of(*states, **values):
    return ImportGraph(
        tuple(module(f"m{at}", bytecode=state, **values) for at, state in enumerate(states)), ()
    )


def finding(graph, package_type, folder="/var/task"):
    return bytecode_finding(graph, Settings(512, "x86_64", package_type, "python3.13"), folder)


@pytest.mark.parametrize(
    ("state", "in_zip", "in_image"),
    [
        (BytecodeState.ABSENT, True, True),
        (BytecodeState.STALE, True, True),
        (BytecodeState.VALID, True, False),
        (BytecodeState.CHECKED_HASH, False, False),
        (BytecodeState.UNCHECKED_HASH, False, False),
        (BytecodeState.NOT_APPLICABLE, False, False),
    ],
)
def test_what_is_compiled_at_every_cold_start(state, in_zip, in_image):
    assert (finding(graph_of(state), "zip") is not None) == in_zip
    assert (finding(graph_of(state), "image") is not None) == in_image


def test_modules_are_counted_without_the_runtimes_and_the_standard_library():
    absent = BytecodeState.ABSENT
    graph = ImportGraph(
        (
            module("handler", bytecode=absent),
            module("boto3", bytecode=absent),
            module("decimal", bytecode=absent, distribution=STDLIB),
            module("awslambdaric", bytecode=absent, distribution=RUNTIME),
            preloaded("json"),
        ),
        (),
    )
    assert finding(graph, "zip").modules == 2


@pytest.mark.parametrize(
    ("file", "folder"),
    [("/srv/task/boto3.py", "/srv/task"), ("/srv/task2/boto3.py", "."), ("/venv/boto3.py", ".")],
)
def test_dependencies_beside_the_task_root_are_compiled_where_they_are_packed(file, folder):
    absent = BytecodeState.ABSENT
    own = module("handler", bytecode=absent, file="/srv/task/handler.py")
    graph = ImportGraph((own, module("boto3", bytecode=absent, file=file)), ())
    assert finding(graph, "zip", "/srv/task").command.endswith(f" -j 0 {folder}")


def test_the_command_names_interpreter_mode_and_folder():
    graph = ImportGraph(
        (module("m", bytecode=BytecodeState.ABSENT, file="/home/me/my build/m.py"),), ()
    )
    found = finding(graph, "zip", "/home/me/my build")
    assert found.command == (
        "python3.13 -m compileall -q -f --invalidation-mode unchecked-hash -j 0 '/home/me/my build'"
    )


def test_the_cache_that_a_zip_was_unpacked_into_is_not_where_to_compile(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "fn.zip", "w") as made:
        made.writestr("m.py", "")
    folder = str(unpacked(tmp_path / "fn.zip"))
    graph = ImportGraph((module("m", bytecode=BytecodeState.ABSENT, file=f"{folder}/m.py"),), ())
    assert finding(graph, "zip", folder).command.endswith(" -j 0 .")


def test_a_runtime_that_is_no_python_is_refused():
    with pytest.raises(UsageError):
        compile_command("nodejs20.x", "build")


def test_the_command_leaves_unchecked_hash_bytecode(tmp_path):
    (tmp_path / "a b").mkdir()
    source = tmp_path / "a b" / "lib.py"
    source.write_text("x = 1\n")
    words = shlex.split(compile_command("python3.11", str(tmp_path / "a b")))
    subprocess.run([sys.executable, *words[1:]], check=True, timeout=PATIENCE_S)
    (cached,) = (tmp_path / "a b" / "__pycache__").iterdir()
    assert cached.read_bytes()[4:8] == b"\x01\0\0\0"
