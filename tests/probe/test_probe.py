"""The probe, in real interpreters: what it imports, marks, keeps apart and records."""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import sys
import time
from pathlib import Path

import pytest

from importcost.errors import HandlerError
from importcost.model.importtime.nest import build_tree
from importcost.model.profile import RunKind
from importcost.model.rows import DisturbanceKind
from tests.harness import Handler, graph_of, interpreters, rows_in_function, trace_of, write_files

PRINT_ENVIRONMENT = """
import json, os, sys
print(json.dumps({"env": dict(os.environ), "path": sys.path, "cwd": os.getcwd(),
                  "argv": sys.argv, "stdin": sys.stdin.read()}))
"""
CLOCKS_DIFFER_US = 1_000
"""Two clocks are read one after the other, and count in slices of their own."""


def bytecode_below(root: Path) -> list[Path]:
    return list(root.rglob("*.pyc"))


@pytest.mark.unhurried
@pytest.mark.parametrize("python", interpreters())
def test_every_supported_python_gives_phases_rows_and_graph(tmp_path, python):
    root = write_files(tmp_path, {"handler.py": "import wave\n", "other.py": ""})
    session = Handler(root, python=python).session()
    graph = session.launch_probe(RunKind.GRAPH)
    session.launch_probe(RunKind.TRACED)
    session.launch_probe(RunKind.TIMED)
    assert rows_in_function(session.logs[0])[-2:] == ["wave", "handler"]
    assert [row[0] for row in graph["graph"]["modules"]][-2:] == ["wave", "handler"]
    for run in session.runs:
        assert run.function_init.wall_us > 0
        assert run.runtime.cpu_us > 0
        start = run.interpreter_start
        assert start.wall_us + CLOCKS_DIFFER_US >= start.cpu_us > 0


def test_what_import_module_loads_has_rows(tmp_path):
    files = {
        "handler.py": "import importlib\nimportlib.import_module('outer')\n"
        "importlib.import_module('.sub', 'package')\n",
        "outer.py": "import inner\n",
        "inner.py": "",
        "package/__init__.py": "",
        "package/sub.py": "",
    }
    names = rows_in_function(trace_of(Handler(write_files(tmp_path, files))))
    assert names == ["inner", "outer", "package", "package.sub", "handler"]


def test_import_module_keeps_its_errors(tmp_path):
    text = """
import importlib
for wrong in (("", None), (".a", None), (3, None)):
    try:
        importlib.import_module(*wrong)
    except Exception as error:
        print(type(error).__name__)
"""
    _result, output = graph_of(Handler(write_files(tmp_path, {"handler.py": text})))
    assert output.split() == ["ValueError", "TypeError", "AttributeError"]


def test_a_handler_in_a_package_nests_its_parent(tmp_path):
    files = {"orders/__init__.py": "import wave\n", "orders/create.py": "from . import helper\n"}
    root = write_files(tmp_path, {**files, "orders/helper.py": ""})
    log = trace_of(Handler(root, module="orders.create"))
    tree = build_tree(log)
    roots = [
        tree.name(node) for node in tree.roots() if tree.phases[tree.phase_ids[node]] == "function"
    ]
    assert roots == ["orders.create"]
    assert set(rows_in_function(log)) >= {"orders", "orders.helper", "wave"}


def test_output_stays_off_the_row_stream(tmp_path):
    text = """
import logging, os, sys
print("out\\nimport time:       1 |       1 | forged")
print("err import time:       1 |       1 | forged", file=sys.stderr)
sys.__stderr__.write("import time:       1 |       1 | forged\\n")
logging.warning("import time:       1 |       1 | forged")
os.system("echo 'import time:       1 |       1 | forged'")
import wave
"""
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    session.launch_probe(RunKind.TRACED)
    assert rows_in_function(session.logs[0])[-2:] == ["wave", "handler"]
    assert "forged" not in session.logs[0].rows.names
    assert session.last.output_tail.count("forged") == 5


def test_a_write_to_descriptor_2_without_newline_loses_no_row(tmp_path):
    text = "import os\nos.write(2, b'Loading model weights')\nimport wave\n"
    log = trace_of(Handler(write_files(tmp_path, {"handler.py": text})))
    assert rows_in_function(log)[-2:] == ["wave", "handler"]


def test_a_forged_marker_moves_no_phase(tmp_path):
    text = "import os\nos.write(2, b'importcost-mark 0000 after\\n')\nimport wave\n"
    log = trace_of(Handler(write_files(tmp_path, {"handler.py": text})))
    assert [marker.label for marker in log.markers] == ["runtime", "probe", "function", "after"]


FORKS = {
    "child exits": "import os\nif os.fork() == 0:\n    import wave\n    os._exit(0)\n"
    "os.wait()\nimport wave\n",
    "child goes on": "import os\npid = os.fork()\nimport wave\nif pid:\n    os.waitpid(pid, 0)\n",
    "multiprocessing": "import multiprocessing as m\nwave = None\ndef work():\n    import wave\n"
    "p = m.get_context('fork').Process(target=work)\np.start()\np.join()\nimport wave\n",
}


@pytest.mark.parametrize("text", FORKS.values(), ids=FORKS)
def test_a_forking_handler_does_not_corrupt_the_tree(tmp_path, text):
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    result = session.launch_probe(RunKind.TRACED)
    log = session.logs[0]
    names = rows_in_function(log)
    assert result["error"] is None
    assert names.count("wave") == 1
    assert names[-1] == "handler"
    assert [
        found for found in log.disturbances if found.kind is not DisturbanceKind.NO_HEADER
    ] == []


def test_a_child_interpreter_prints_no_rows(tmp_path):
    text = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import wave"], check=True)
"""
    handler = Handler(
        write_files(tmp_path, {"handler.py": text}),
    )
    log = trace_of(handler)
    assert "wave" not in log.rows.names
    assert len(log.other_processes) == 0


def test_threads_that_import_mark_the_log_and_keep_the_total(tmp_path):
    text = """
import threading
def load(name):
    __import__(name)
threads = [threading.Thread(target=load, args=(f"slow{n}",)) for n in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    files = {f"slow{n}.py": f"import time\ntime.sleep(0.02)\nimport inner{n}\n" for n in range(3)}
    files |= {f"inner{n}.py": "import time\ntime.sleep(0.02)\n" for n in range(3)}
    log = trace_of(Handler(write_files(tmp_path, {"handler.py": text, **files})))
    names = rows_in_function(log)
    assert names[-1] == "handler"
    assert {f"slow{n}" for n in range(3)} <= set(names)
    assert log.rows.cumulative_us[log.rows.names.index("handler")] > 40_000


def test_a_handler_pays_nothing_for_what_the_runtime_has_loaded(tmp_path):
    log = trace_of(Handler(write_files(tmp_path, {"handler.py": "import json, logging\n"})))
    assert rows_in_function(log) == ["handler"]


def test_the_probe_gives_the_handler_no_module_for_free(tmp_path):
    text = "import sys\nprint(sorted(sys.modules))\n"
    root = write_files(tmp_path, {"handler.py": text})
    session = Handler(root).session()
    session.launch_probe(RunKind.TIMED)
    loaded = set(json.loads(session.last.output_tail.strip().splitlines()[-1].replace("'", '"')))
    free = {"subprocess", "importlib.metadata", "importlib.util", "inspect", "ctypes", "typing"}
    assert loaded & free == set()


def test_the_real_runtime_is_preferred_over_the_stand_in(tmp_path):
    files = {
        "var/awslambdaric/__init__.py": "__version__ = '9.9'\n",
        "var/awslambdaric/bootstrap.py": "import wave\n",
        "var/awslambdaric/lambda_runtime_client.py": "",
        "task/handler.py": "import wave\n",
    }
    root = write_files(tmp_path, files)
    handler = Handler(root / "task", runtime_dir=str(root / "var"))
    result, _ = graph_of(handler)
    assert result["runtime"] == "9.9"
    phases = {row[0]: row[5] for row in result["graph"]["modules"]}
    assert phases["wave"] == "runtime"


def test_the_environment_is_lambdas_and_not_the_hosts(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    root = write_files(tmp_path, {"handler.py": PRINT_ENVIRONMENT})
    _, output = graph_of(Handler(root, environment={"TABLE": "orders"}))
    seen = json.loads(output)
    assert seen["env"]["TABLE"] == "orders"
    assert seen["env"]["LAMBDA_TASK_ROOT"] == str(root)
    assert seen["env"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert "AWS_PROFILE" not in seen["env"]
    assert "SECRET_OF_THE_HOST" not in seen["env"]
    assert seen["env"]["HOME"] != str(Path.home())
    assert seen["cwd"] == str(root)
    assert seen["stdin"] == ""


def test_task_root_then_layers_stand_first_on_the_path(tmp_path):
    version = "{}.{}".format(*sys.version_info[:2])
    files = {
        "task/handler.py": PRINT_ENVIRONMENT,
        "one/python/mine.py": "",
        f"two/python/lib/python{version}/site-packages/mine.py": "",
    }
    root = write_files(tmp_path, files)
    layers = (str(root / "one"), str(root / "two"))
    _, output = graph_of(Handler(root / "task", layers=layers))
    expected = [
        str(root / "task"),
        str(root / f"two/python/lib/python{version}/site-packages"),
        str(root / "two/python"),
        str(root / "one/python"),
    ]
    assert json.loads(output)["path"][:4] == expected


def test_pth_files_of_the_task_root_are_run(tmp_path):
    files = {
        "task/handler.py": "import elsewhere\n",
        "task/more.pth": str(tmp_path / "more") + "\n",
        "more/elsewhere.py": "",
    }
    result, _ = graph_of(Handler(write_files(tmp_path, files) / "task"))
    assert result["error"] is None


def test_a_zip_is_compiled_at_every_import_and_nothing_is_written(tmp_path):
    text = "import helper\nprint(helper.__cached__ if hasattr(helper, '__cached__') else None)\n"
    root = write_files(tmp_path, {"handler.py": text, "helper.py": "X = 1\n"})
    _, output = graph_of(Handler(root))
    assert output.strip() == "None"
    assert bytecode_below(root) == []


def test_timestamp_bytecode_of_a_zip_is_not_used(tmp_path):
    root = write_files(
        tmp_path, {"handler.py": "import helper\n", "helper.py": "print('source')\n"}
    )
    py_compile.compile(str(root / "helper.py"))
    source = root / "helper.py"
    times = source.stat()
    source.write_text("print('SOURCE')\n")  # same size and time: stale bytecode that looks valid
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    _, output = graph_of(Handler(root))
    assert output.strip() == "SOURCE"


def test_hash_based_bytecode_of_a_zip_is_used(tmp_path):
    root = write_files(
        tmp_path, {"handler.py": "import helper\n", "helper.py": "print('source')\n"}
    )
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(root, quiet=2, invalidation_mode=mode)
    (root / "helper.py").write_text("print('changed')\n")
    result, output = graph_of(Handler(root))
    assert output.strip() == "source"
    states = {row[0]: row[6] for row in result["graph"]["modules"]}
    assert states["helper"] == "unchecked-hash"


def test_an_image_has_valid_bytecode_outside_the_users_tree(tmp_path):
    files = {
        "task/handler.py": "import helper\nprint(helper.__spec__.cached)\n",
        "task/helper.py": "",
    }
    root = write_files(tmp_path, files)
    (root / "cache").mkdir()
    handler = Handler(root / "task", bytecode="image", bytecode_dir=str(root / "cache"))
    session = handler.session()
    session.launch_probe(RunKind.WARM_UP)
    session.launch_probe(RunKind.GRAPH)
    cached = Path(session.last.output_tail.strip())
    assert cached.is_relative_to(root / "cache")
    assert cached.exists()
    assert bytecode_below(root / "task") == []


def test_bytecode_states_are_those_on_disk(tmp_path):
    names = ("valid", "stale", "absent", "hashed", "checked")
    files = {f"{name}.py": "X = 1\n" for name in names}
    root = write_files(
        tmp_path, {"handler.py": "import " + ", ".join(names) + ", _struct\n", **files}
    )
    modes = py_compile.PycInvalidationMode
    py_compile.compile(str(root / "valid.py"))
    py_compile.compile(str(root / "stale.py"))
    os.utime(root / "stale.py", (1, 1))
    py_compile.compile(str(root / "hashed.py"), invalidation_mode=modes.UNCHECKED_HASH)
    py_compile.compile(str(root / "checked.py"), invalidation_mode=modes.CHECKED_HASH)
    result, _ = graph_of(Handler(root))
    states = {row[0]: row[6] for row in result["graph"]["modules"]}
    assert [states[name] for name in names] == [
        "valid", "stale", "absent", "unchecked-hash", "checked-hash",
    ]  # fmt: skip
    assert states["_struct"] == "not-applicable"


def edges_of(result) -> dict[tuple[str, str], list]:
    return {(row[0], row[6]): row for row in result["graph"]["edges"]}


def test_edges_name_file_line_and_whether_it_was_cached(tmp_path):
    files = {
        "handler.py": "import one\n\n\nimport two\n",
        "one.py": "\nimport shared\n",
        "two.py": "import shared\n",
        "shared.py": "",
    }
    result, _ = graph_of(Handler(write_files(tmp_path, files)))
    edges = edges_of(result)
    assert edges["handler", "two"][1:4] == [str(tmp_path / "handler.py"), 4, "statement"]
    assert edges["one", "shared"][2] == 2
    assert edges["one", "shared"][7] is False
    assert edges["two", "shared"][7] is True


def test_submodules_taken_from_a_package_are_edges(tmp_path):
    files = {
        "handler.py": "from pkg import sub, VALUE\n",
        "pkg/__init__.py": "VALUE = 1\n",
        "pkg/sub.py": "from . import other\nfrom .other import thing\n",
        "pkg/other.py": "thing = 1\n",
    }
    edges = edges_of(graph_of(Handler(write_files(tmp_path, files)))[0])
    assert ("handler", "pkg") in edges
    assert ("handler", "pkg.sub") in edges
    assert ("handler", "pkg.VALUE") not in edges
    assert edges["pkg.sub", "pkg.other"][2] in (1, 2)


def test_imports_through_importlib_belong_to_the_line_that_asked(tmp_path):
    files = {
        "handler.py": "import importlib\n\nmod = importlib.import_module('late')\n",
        "late.py": "",
    }
    edges = edges_of(graph_of(Handler(write_files(tmp_path, files)))[0])
    assert edges["handler", "late"][2:4] == [3, "dynamic"]


def test_an_import_in_a_function_names_the_statement_that_called_it(tmp_path):
    files = {
        "handler.py": "import maker\n\nclient = maker.make()\n",
        "maker.py": "def make():\n    import heavy\n    return heavy\n",
        "heavy.py": "",
    }
    edges = edges_of(graph_of(Handler(write_files(tmp_path, files)))[0])
    row = edges["maker", "heavy"]
    assert row[1:3] == [str(tmp_path / "maker.py"), 2]
    assert row[4:6] == ["handler", 3]


def test_a_lazy_package_attribute_belongs_to_the_statement(tmp_path):
    files = {
        "handler.py": "from lazy import part\n",
        "lazy/__init__.py": "import importlib\ndef __getattr__(name):\n"
        "    return importlib.import_module('lazy.' + name)\n",
        "lazy/part.py": "",
    }
    edges = edges_of(graph_of(Handler(write_files(tmp_path, files)))[0])
    assert edges["handler", "lazy.part"][2] == 1
    assert edges["lazy", "lazy.part"][4:6] == ["handler", 1]


def test_memory_growth_is_charged_to_the_module_that_grew(tmp_path):
    files = {
        "handler.py": "import light\n",
        "light.py": "import heavy\n",
        "heavy.py": "DATA = bytes(range(256)) * 200_000\n",
    }
    result, _ = graph_of(Handler(write_files(tmp_path, files)))
    page = result["graph"]["page_bytes"]
    own = {row[0]: (row[3] or 0) * page for row in result["graph"]["modules"]}
    if sys.platform == "linux":
        assert own["heavy"] > 45_000_000
        assert own["light"] < 5_000_000


def test_a_failing_handler_shows_its_own_lines_only(tmp_path):
    files = {"handler.py": "import broken\n", "broken.py": "def f():\n    1 / 0\nf()\n"}
    with pytest.raises(HandlerError) as caught:
        graph_of(Handler(write_files(tmp_path, files)))
    text = caught.value.traceback_text
    assert "ZeroDivisionError" in text
    assert "broken.py" in text
    assert "probe.py" not in text
    assert "importlib" not in text


def test_a_chained_error_keeps_its_chain(tmp_path):
    text = "try:\n    {}['x']\nexcept KeyError as e:\n    raise RuntimeError('second') from e\n"
    with pytest.raises(HandlerError) as caught:
        graph_of(Handler(write_files(tmp_path, {"handler.py": text})))
    assert "KeyError" in caught.value.traceback_text
    assert "direct cause" in caught.value.traceback_text


def test_exit_hooks_and_threads_do_not_hold_up_a_run(tmp_path):
    text = """
import atexit, threading, time
atexit.register(time.sleep, 600)
threading.Thread(target=time.sleep, args=(600,)).start()
"""
    started = time.monotonic()
    graph_of(Handler(write_files(tmp_path, {"handler.py": text})))
    assert time.monotonic() - started < 300


@pytest.mark.unhurried
def test_blocked_time_is_told_from_waiting_for_a_processor(tmp_path):
    root = write_files(tmp_path, {"handler.py": "import time\ntime.sleep(0.2)\n"})
    session = Handler(root).session()
    session.launch_probe(RunKind.TIMED)
    timing = session.runs[0].function_init
    assert timing.cpu_us < 100_000
    if timing.blocked_us is not None:
        assert 195_000 <= timing.blocked_us <= timing.wall_us - timing.cpu_us


def test_a_missing_handler_function_is_told(tmp_path):
    root = write_files(tmp_path, {"handler.py": "def other(): pass\n"})
    assert graph_of(Handler(root, function="handler"))[0]["handler_found"] is False
    assert graph_of(Handler(root, function="other"))[0]["handler_found"] is True


@pytest.mark.parametrize(
    "call", ["exec('import wave')", "exec('import wave', {})", "eval('__import__(\"wave\")', {})"]
)
def test_an_import_in_executed_text_belongs_to_who_executes_it(tmp_path, call):
    text = f"import other\n\n\ndef f():\n    {call}\n\n\nf()\n"
    graph, _ = graph_of(Handler(write_files(tmp_path, {"handler.py": text, "other.py": ""})))
    edge = next(edge for edge in graph["graph"]["edges"] if edge[6] == "wave")
    assert edge[0] == "handler"
    assert edge[2] == 5
    assert edge[4:6] == ["handler", 8]


def distribution(name: str, *lines: str, files: str = "RECORD") -> dict[str, str]:
    kind = "dist-info" if files == "RECORD" else "egg-info"
    metadata = "METADATA" if files == "RECORD" else "PKG-INFO"
    folder = f"{name}-1.0.{kind}"
    return {
        f"{folder}/{metadata}": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{folder}/{files}": "\n".join(lines) + "\n",
    }


def test_a_module_belongs_to_the_distribution_that_lists_it(tmp_path):
    packages = write_files(
        tmp_path / "real",
        {
            "python/one/__init__.py": "import one.part",
            "python/one/part.py": "",
            "python/odd,name.py": "",
            "python/old.py": "",
            "python/nobodys.py": "",
        },
    )
    write_files(
        packages / "python",
        {
            **distribution("First", "one/__init__.py,sha256=x,15", "one/part.py,,"),
            **distribution("Odd", '"odd,name.py",sha256=y,0', "../../bin/odd,,"),
            **distribution("Old", "old.py", files="SOURCES.txt"),
            **distribution("Same-names", "elsewhere/part.py,,"),
        },
    )
    link = tmp_path / "link"  # tools link packages into an environment instead of copying
    link.symlink_to(packages)
    text = "import one, old, nobodys, importlib\nimportlib.import_module('odd,name')\n"
    root = write_files(tmp_path / "task", {"handler.py": text, "part.py": ""})
    result, _ = graph_of(Handler(root, layers=(str(link),)))
    folder = f"{link}/python/"
    owners = result["graph"]["owners"].items()
    assert {file[len(folder) :]: name for file, name in owners if file.startswith(folder)} == {
        "one/__init__.py": "First",
        "one/part.py": "First",
        "odd,name.py": "Odd",
        "old.py": "Old",
    }
    assert str(root / "part.py") not in result["graph"]["owners"]
