"""The module that makes imports of dependencies lazy, in every Python that this machine has.

Each case is a program: `dep` imports `big` and uses it in functions. What it prints is compared
with the same program without the lazy module, so that laziness shows in the order of loads only.
"""

import subprocess
from dataclasses import replace
from importlib import resources

import pytest

from importcost.measure.session import Variant
from importcost.model.profile import RunKind
from tests.harness import (
    PATIENCE_S,
    Handler,
    graph_of,
    interpreter_facts,
    interpreters,
    write_files,
)

NATIVE = "lazy_dependencies_pep810.py"
PAIRS = {
    "dep": ("big", "big.sub", "pk.leaf", "broken", "angry", "slow", "ring_a", "_struct", "gone"),
    "dep2": ("big",),
}
FILES = {
    "big/__init__.py": "print('load big')\nVALUE = 1\ndef f():\n    return VALUE\n",
    "big/sub.py": "print('load big.sub')\nimport big\nVALUE = big.VALUE + 1\n",
    "pk/__init__.py": "print('load pk')\n",
    "pk/leaf.py": "print('load pk.leaf')\nfrom pk import near\nVALUE = near.VALUE\n",
    "pk/near.py": "print('load pk.near')\nVALUE = 3\n",
    "broken.py": "print('load broken')\nTRACE = 1\nraise RuntimeError('no licence')\n",
    "angry.py": "print('load angry')\nimport not_there_at_all\n",
    "ring_a.py": "print('load ring_a')\nimport ring_b\nVALUE = ring_b.VALUE + 1\n",
    "ring_b.py": "print('load ring_b')\nimport ring_a\nVALUE = 1\nhasattr(ring_a, 'x')\n",
    "slow.py": (
        "import time\nprint('load slow')\nFIRST = 1\ntime.sleep(0.05)\n"
        "import slow_child\nLAST = 2\n"
    ),
    "slow_child.py": "import slow\nprint('load slow_child', slow.FIRST)\n",
}


def template(name="lazy_dependencies.py", pairs=PAIRS):
    text = resources.files("importcost.probe").joinpath(name).read_text()
    empty = "LAZY: dict[str, tuple[str, ...]] = {}"
    assert text.count(empty) == 1
    return text.replace(empty, f"LAZY: dict[str, tuple[str, ...]] = {pairs!r}")


def run(python, folder, dep, code, *, is_lazy=True, name="lazy_dependencies.py"):
    """Run `code` after importing `dep`, whose text is given; return its lines."""
    start = "import lazy\n" if is_lazy else ""
    write_files(
        folder,
        {**FILES, "dep.py": dep, "lazy.py": template(name), "run.py": f"{start}import dep\n{code}"},
    )
    done = subprocess.run(
        [python, "run.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(params=interpreters())
def python(request):
    return request.param


@pytest.mark.parametrize(
    ("dep", "use", "loads"),
    [
        ("import big", "big.f()", ["load big"]),
        ("import big as b", "b.f()", ["load big"]),
        ("from pk import leaf", "leaf.VALUE", ["load pk.leaf", "load pk.near"]),
        ("import pk.leaf", "pk.leaf.VALUE", ["load pk.leaf", "load pk.near"]),
        ("import pk.leaf as leaf", "leaf.VALUE", ["load pk.leaf", "load pk.near"]),
        ("import ring_a", "ring_a.VALUE", ["load ring_a", "load ring_b"]),
    ],
)
def test_the_code_runs_at_the_first_use_and_once(python, dep, use, loads, tmp_path):
    text = f"{dep}\nprint('imported')\ndef use():\n    return {use}\n"
    code = "print('before')\nprint(dep.use(), dep.use())\n"
    found = run(python, tmp_path, text, code)
    at = found.index("before")
    assert found[at + 1 : -1] == loads
    assert not set(loads) & set(found[:at])
    eager = run(python, tmp_path, text, code, is_lazy=False)
    assert sorted(found) == sorted(eager)
    assert found[-1] == eager[-1]


@pytest.mark.parametrize(
    "dep",
    [
        "from big import f",
        "from big import f as g, VALUE",
        "from pk.leaf import VALUE",
        "import big.sub",
    ],
)
def test_what_reads_at_once_or_needs_its_package_loads_at_once(python, dep, tmp_path):
    """`from X import name` reads; `import big.sub` needs big before it can find sub."""
    found = run(python, tmp_path, f"{dep}\nprint('imported')\n", "print('before')\n")
    assert {"load big", "load pk"} & set(found[: found.index("imported")])


@pytest.mark.parametrize(
    "load",
    [
        "import big",
        "import big as other",
        "__import__('big')",
        "importlib.import_module('big')",
        "import big.sub",
        "from big import VALUE",
        "importlib.util.find_spec('big')",
        "import other",
        "inside()",
    ],
)
def test_an_importer_that_is_not_named_loads_it_at_once(python, load, tmp_path):
    """It may import the module for what its code does."""
    write_files(tmp_path, {"other.py": "import big\n"})
    head = "import importlib, importlib.util\ndef inside():\n    import big\n"
    if load.startswith("importlib.import_module") and minor(python) < 11:
        return  # 3.9 and 3.10 look at nothing of a module that is there: its importer sees no code
    found = run(
        python, tmp_path, "import big\n", f"{head}print('before')\n{load}\nprint('after')\n"
    )
    assert found[:3] == ["before", "load big", *(["load big.sub"] if "sub" in load else ["after"])]


def minor(python):
    return int(interpreter_facts(python).minor_version.split(".")[1])


def test_all_importers_that_are_named_wait(python, tmp_path):
    write_files(tmp_path, {"dep2.py": "import big\ndef use():\n    return big.f()\n"})
    text = (
        "import dep2\nimport big\nimport big as b\nprint('both')\ndef use():\n    return big.f()\n"
    )
    found = run(python, tmp_path, text, "print('before')\ndep.use()\n")
    assert found == ["both", "before", "load big"]


LOOKS = [
    ("isinstance(dep.big, types.ModuleType)", True),
    ("inspect.ismodule(dep.big)", True),
    ("dep.big is sys.modules['big']", True),
    ("dep.big.__spec__.name", "big"),
    ("type(dep.big.__spec__.loader).__name__", "SourceFileLoader"),
    ("dep.big.__spec__.loader is dep.big.__loader__", True),
    ("importlib.util.find_spec('big') is dep.big.__spec__", True),
    ("'f' in dir(dep.big)", True),
    ("hasattr(dep.big, 'f')", True),
    ("hasattr(dep.big, 'missing')", False),
    ("getattr(dep.big, 'missing', 5)", 5),
    ("vars(dep.big)['VALUE']", 1),
    ("[one.name for one in pkgutil.iter_modules(dep.big.__path__)]", ["sub"]),
    ("pkgutil.get_data('big', 'sub.py')[:5]", b"print"),
    ("__import__('big').f()", 1),
    ("importlib.import_module('big').f()", 1),
    ("importlib.import_module('big.sub').VALUE", 2),
    ("importlib.reload(dep.big).f()", 1),
    ("pickle.loads(pickle.dumps(dep.big.f))()", 1),
    ("inspect.getsource(dep.big).startswith('print')", True),
    ("setattr(dep.big, 'VALUE', 7) or dep.big.f()", 7),
    ("delattr(dep.big, 'VALUE') or hasattr(dep.big, 'VALUE')", False),
    ("bool(dep.big)", True),
    ("[dep.big][0].f()", 1),
    ("repr(dep.big).startswith(\"<module 'big' from\")", True),
    ("type(dep.big.f) and type(dep.big) is types.ModuleType", True),
]
QUIET = (
    "isinstance(dep.big, types.ModuleType)",
    "inspect.ismodule(dep.big)",
    "dep.big is sys.modules['big']",
    "bool(dep.big)",
)
FORKS = """
import importlib, importlib.util, inspect, os, pickle, pkgutil, sys, types
for number, look in enumerate(LOOKS):
    sys.stdout.flush()
    if os.fork() == 0:
        print(number, repr(eval(look)))
        sys.stdout.flush()
        os._exit(0)
    os.wait()
"""


@pytest.mark.parametrize("is_lazy", [True, False])
def test_a_lazy_module_looks_like_any_other(python, is_lazy, tmp_path):
    """Each look finds the module as the import left it: a process of its own looks at it."""
    code = FORKS.replace("LOOKS", repr([look for look, _ in LOOKS]))
    found = run(python, tmp_path, "import big\n", code, is_lazy=is_lazy)
    answers = [line for line in found if line[0].isdigit()]
    assert answers == [f"{number} {answer!r}" for number, (_, answer) in enumerate(LOOKS)]
    # What asks for the type alone needs none of the code; reload runs it again.
    quiet = sum(look in QUIET for look, _ in LOOKS)
    assert found.count("load big") == (len(LOOKS) - quiet + 1 if is_lazy else 2)


def test_a_module_cannot_be_pickled_before_or_after(python, tmp_path):
    code = (
        "import pickle\nfor _ in range(2):\n    try:\n        pickle.dumps(dep.big)\n"
        "    except TypeError:\n        print('TypeError')\n"
    )
    found = run(python, tmp_path, "import big\n", code)
    assert [line for line in found if line == "TypeError"] == ["TypeError", "TypeError"]


@pytest.mark.parametrize(
    ("module", "error"),
    [("broken", "RuntimeError('no licence')"), ("angry", "No module named 'not_there_at_all'")],
)
def test_an_import_that_fails_raises_its_error_at_each_use(python, module, error, tmp_path):
    dep = f"import {module}\ndef use():\n    return {module}.VALUE\n"
    code = (
        "import sys\n"
        "for _ in range(3):\n    try:\n        dep.use()\n    except Exception as error:\n"
        f"        print(repr(error)), print('{module}' in sys.modules)\n"
        f"try:\n    import {module}\nexcept Exception as error:\n    print(repr(error))\n"
    )
    found = run(python, tmp_path, dep, code)
    assert found.count(f"load {module}") == 4
    assert sum(error in line for line in found) == 4
    assert found.count("False") == 3


def test_a_module_that_is_not_there_fails_at_its_import(python, tmp_path):
    dep = "try:\n    import gone\nexcept ModuleNotFoundError as error:\n    print(error)\n"
    assert run(python, tmp_path, dep, "") == ["No module named 'gone'"]


def test_a_module_without_source_is_imported_as_always(python, tmp_path):
    found = run(python, tmp_path, "import _struct\n", "print(type(dep._struct).__name__)\n")
    assert found == ["module"]


def test_a_module_that_was_replaced_is_read_where_it_is_now(python, tmp_path):
    new = "import sys, types\nnew = types.ModuleType('big')\n"
    code = f"{new}new.VALUE = 9\nsys.modules['big'] = new\n"
    found = run(python, tmp_path, "import big\n", f"{code}print(dep.big.VALUE)\n")
    assert found == ["9"]


THREADS = """
import sys, threading
sys.setswitchinterval(1e-6)
ready = threading.Barrier(16)
errors = []
def work(number):
    ready.wait()
    try:
        USE
    except BaseException as error:
        errors.append(repr(error))
threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
[one.start() for one in threads]
[one.join() for one in threads]
print(sorted(errors))
"""


@pytest.mark.parametrize(
    "use",
    [
        "assert dep.slow.LAST == 2",
        "assert (dep.slow.LAST if number % 2 else __import__('slow').LAST) == 2",
        "assert (dep.slow.LAST if number % 2 else __import__('slow_child')) is not None",
        "assert len({dep.slow.FIRST, dep.slow.LAST, dep.big.f()}) == 2",
    ],
)
def test_sixteen_threads_load_it_once_and_see_it_whole(python, use, tmp_path):
    """With and without the package's own cycle; in halves that import and halves that read."""
    code = THREADS.replace("USE", use)
    found = run(python, tmp_path, "import slow\nimport big\n", code)
    assert found[-1] == "[]", found
    assert found.count("load slow") == 1
    assert found.count("load slow_child 1") == 1


def test_sixteen_threads_all_get_the_error_of_a_failing_module(python, tmp_path):
    dep = "import broken\n"
    found = run(python, tmp_path, dep, THREADS.replace("USE", "dep.broken.VALUE"))
    assert found[-1].count("no licence") == 16


CROSSED = """
import sys, threading
sys.setswitchinterval(1e-6)
def read():
    dep.crossed_a.VALUE
def load():
    import crossed_b
threads = [threading.Thread(target=one) for one in (read, load) * 8]
[one.start() for one in threads]
[one.join(60) for one in threads]
print([one.is_alive() for one in threads].count(True), dep.crossed_a.VALUE)
"""


def test_two_modules_that_need_each_other_do_not_block_two_threads_for_good(python, tmp_path):
    """One thread reads a lazy module that imports b, another imports b, which reads the first."""
    write_files(
        tmp_path,
        {
            "crossed_a.py": "import time\ntime.sleep(0.05)\nimport crossed_b\nVALUE = 1\n",
            "crossed_b.py": (
                "import time\ntime.sleep(0.05)\nimport crossed_a\nSEEN = hasattr(crossed_a, 'X')\n"
            ),
        },
    )
    pairs = {"dep": ("crossed_a",)}
    text = template(pairs=pairs)
    write_files(tmp_path, {"lazy.py": text, "dep.py": "import crossed_a\n"})
    write_files(tmp_path, {"run.py": f"import lazy\nimport dep\n{CROSSED}"})
    done = subprocess.run(
        [python, "run.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.stdout.split() == ["0", "1"], done.stderr


def test_the_list_of_pep_810_is_there_before_the_modules_code_runs(python, tmp_path):
    """Python 3.15 loads then at the first use; older versions ignore the list."""
    dep = "print(__lazy_modules__)\nimport big\n"
    found = run(
        python, tmp_path, dep, "print('before')\ndep.big.f()\n", name="lazy_dependencies_pep810.py"
    )
    assert found[0] == repr(PAIRS["dep"])
    is_lazy = found.index("load big") > found.index("before")
    asked = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info >= (3, 15))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(is_lazy) == asked.stdout.strip()


@pytest.mark.parametrize("bytecode", ["zip", "image"])
def test_a_copy_may_have_files_that_no_folder_has(bytecode, tmp_path):
    """In the task root and in a package; what is on disk is not touched."""
    root = write_files(
        tmp_path / "task",
        {"handler.py": "import missing\n", "pk/__init__.py": "", "big.py": "import csv\n"},
    )
    new = {
        str(root / "handler.py"): b"import lazy\nimport dep\nfrom pk import added\n",
        str(root / "lazy.py"): template(pairs={"dep": ("big",)}).encode(),
        str(root / "dep.py"): b"import big\ndef use():\n    return big.csv\n",
        str(root / "pk" / "added.py"): b"VALUE = 1\n",
    }
    handler = Handler(root, bytecode=bytecode, bytecode_dir=str(tmp_path / "pyc"))
    session = handler.session()
    session._subject = replace(session._subject, variant=Variant("new", new))
    result = session.launch_probe(RunKind.TIMED, list_modules=True)
    assert {"lazy", "dep", "pk.added"} <= set(result["modules"])
    # Its code has not run, so it counts as not loaded, and what it would import is not there.
    assert not {"big", "csv"} & set(result["modules"])
    assert sorted(path.name for path in root.rglob("*")) == [
        "__init__.py",
        "big.py",
        "handler.py",
        "pk",
    ]


def test_the_graph_run_leaves_a_lazy_module_asleep(tmp_path):
    root = write_files(
        tmp_path,
        {
            "handler.py": "import lazy\nimport dep\n",
            "lazy.py": template(pairs={"dep": ("big",)}),
            "dep.py": "import big\ndef use():\n    return big.csv\n",
            "big.py": "import csv\n",
        },
    )
    names = {one[0] for one in graph_of(Handler(root))[0]["graph"]["modules"]}
    assert "big" in names
    assert "csv" not in names
