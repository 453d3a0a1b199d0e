"""`importcost defer --style lazy-dependency`: imports inside dependencies, in real handlers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from importcost.model.advice import LazyBound, Verification
from importcost.model.interval import Interval
from tests.cli.test_defer import FIXED, advice_of, importcost
from tests.clockwork import Times, run_clocked
from tests.harness import PATIENCE_S, interpreter_facts, interpreters, write_files
from tests.sampling import rest_slow

LAYER = {
    "layer/python/kit/__init__.py": "from kit.core import work, draw\n",
    "layer/python/kit/core.py": (
        "import plotting\nfrom kit import extra\nimport needed\nfrom strict import check\n\n"
        "LIMIT = needed.LIMIT\n\n\n"
        "def work():\n    return LIMIT\n\n\n"
        "def draw():\n    return plotting.draw() + extra.more() + check()\n"
    ),
    "layer/python/kit/extra.py": "import extra_part\n\n\ndef more():\n    return extra_part.ONE\n",
    "layer/python/extra_part.py": "ONE = 1\n",
    "layer/python/plotting.py": "import plotting_part\n\n\ndef draw():\n    return 40\n",
    "layer/python/plotting_part.py": "",
    "layer/python/needed.py": "LIMIT = 3\n",
    "layer/python/strict.py": "def check():\n    return 1\n",
}
HANDLER = (
    '"""A handler."""\n\nimport json\n\nimport kit\n\n\n'
    "def handler(event, context):\n"
    '    return json.dumps(kit.draw() if event.get("draw") else kit.work())\n'
)
TIMES = Times(
    {
        "handler": 500,
        "kit": 1_000,
        "kit.core": 2_000,
        "kit.extra": 1_000,
        "extra_part": 6_000,
        "plotting": 9_000,
        "plotting_part": 5_000,
        "needed": 8_000,
        "strict": 7_000,
    }
)
STYLE = ("--style", "lazy-dependency")


@pytest.fixture
def folder(tmp_path):
    write_files(tmp_path, {**LAYER, "task/handler.py": HANDLER})
    return tmp_path / "task"


BOUND = LazyBound(
    "3.15.2",
    Verification(Interval(30_000.0, 35_000.0, 39_000.0), 34_000.0, 5, (), original_us=40_000.0),
)


@pytest.fixture
def defer(monkeypatch):
    """The command in this process; the upper bound is made up, no launch is made for it."""
    monkeypatch.setattr("importcost.app.defer.defer.upper_bound", lambda *_: BOUND)

    def run(folder, *args, target="handler.py:handler"):
        fixed = ["defer", target, *FIXED, *STYLE, *args]
        return run_clocked(monkeypatch, folder, fixed, TIMES)

    return run


def plain(done):
    return " ".join(done.stdout.split())


@pytest.mark.unhurried
def test_imports_that_only_functions_use_wait_and_the_saving_is_verified(folder, defer):
    done = defer(folder, "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    advice = advice_of(folder.parent / "out.json")
    found = {one.code: one for one in advice.findings}
    assert found["import plotting"].verdict.style.value == "lazy-dependency"
    assert found["from kit import extra"].verdict.style.value == "lazy-dependency"
    assert set(found["import plotting"].modules) == {"plotting", "plotting_part"}
    best = advice.best_set
    assert best.verification.failure is None
    assert set(best.verification.gone) == {"plotting", "plotting_part", "kit.extra", "extra_part"}
    assert "line 6 reads needed when the file is imported" in plain(done)
    assert "a from-import reads its names at once" in plain(done)
    assert "lazy_dependencies.py" in done.stdout
    assert advice.lazy_bound == BOUND
    assert "Upper bound: 35 ms (30.0 to 39.0 in 5 pairs) verified, 88% of function init" in plain(
        done
    )
    assert plain(done).startswith("Let wait 2 statements together")


@pytest.mark.unhurried
def test_what_is_written_answers_as_before_and_a_second_run_writes_nothing(folder, defer):
    shown = defer(folder, "--no-verify", "-q")
    applied = folder.parent / "applied"
    write_files(applied, {"handler.py": HANDLER})
    subprocess.run(["git", "apply", "-"], cwd=applied, input=shown.stdout, text=True, check=True)
    done = defer(folder, "--write")
    assert done.returncode == 0, done.stderr
    text = (folder / "handler.py").read_text()
    assert text == (applied / "handler.py").read_text()
    made = (folder / "lazy_dependencies.py").read_text()
    assert made == (applied / "lazy_dependencies.py").read_text()
    assert '"kit.core": ("kit.extra", "plotting"),' in made
    assert text.index("import lazy_dependencies") < text.index("import json")
    assert "importcost" not in made.replace("Written by importcost", "")
    code = "import handler\nprint(handler.handler({'draw': 1}, None), handler.handler({}, None))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder.parent / "layer" / "python")},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert ran.stdout == "42 3\n"
    again = defer(folder, "--write")
    assert "Nothing to write" in again.stdout, again.stdout
    # The generated file is no code of the user's that changes sys.modules under other imports.
    assert "changes at line" not in plain(again)
    assert (folder / "lazy_dependencies.py").read_text() == made
    assert (folder / "handler.py").read_text() == text


@pytest.mark.unhurried
def test_a_file_of_the_users_of_that_name_is_not_touched(folder, defer):
    (folder / "lazy_dependencies.py").write_text("MINE = 1\n")
    done = defer(folder, "--no-verify", "--write")
    assert done.returncode == 0, done.stderr
    assert "importcost did not write it: rename it" in plain(done)
    assert (folder / "lazy_dependencies.py").read_text() == "MINE = 1\n"
    assert (folder / "handler.py").read_text() == HANDLER


@pytest.mark.unhurried
def test_more_names_are_added_to_the_file_that_is_there(folder, defer):
    assert defer(folder, "--no-verify", "--write").returncode == 0
    made = (folder / "lazy_dependencies.py").read_text()
    (folder / "lazy_dependencies.py").write_text(made.replace('"kit.extra", ', ""))
    done = defer(folder, "--no-verify", "--write")
    assert done.returncode == 0, done.stderr
    assert (folder / "lazy_dependencies.py").read_text() == made


@pytest.mark.unhurried
def test_an_event_that_needs_it_is_told(folder, defer):
    write_files(folder.parent, {"draw.json": '{"draw": 1}', "work.json": "{}"})
    done = defer(folder, "--event", "../draw.json", "--event", "../work.json", "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    advice = advice_of(folder.parent / "out.json")
    found = {one.code: one for one in advice.findings}
    assert found["import plotting"].triggered_by == ("draw.json",)


RELIANCE = {
    "layer/python/pack/__init__.py": "",
    "layer/python/pack/part.py": "VALUE = 5\n",
    "layer/python/plotting.py": (
        "import pack.part\nimport plotting_part\n\n\ndef draw():\n    return 40\n"
    ),
}
USES = "import pack\n\n\ndef value():\n    return {use}\n"
LATE_PART = "import pack.part\n\n\ndef draw():\n    return 35 + pack.part.VALUE\n"


def lazy_pythons():
    versions = {one: interpreter_facts(one).minor_version for one in interpreters()}
    return [one for one in versions if tuple(map(int, versions[one].split("."))) >= (3, 15)]


@pytest.mark.slow
def test_python_315_lets_from_imports_wait_too_and_tells_the_upper_bound(folder):
    """Each interpreter here that knows PEP 810 measures it for real; none may be here."""
    busy = {name: f"{text}sum(range(800_000))\n" for name, text in LAYER.items()}
    write_files(folder.parent, {name: text for name, text in busy.items() if "/kit/" not in name})
    # pack.part would wait where Python 3.15 does not bind it to pack, which the reader relies on.
    part = {"layer/python/pack/part.py": "VALUE = 5\nsum(range(800_000))\n"}
    write_files(folder.parent, {**RELIANCE, **part, "layer/python/plotting.py": LATE_PART})
    kit = f"import reader\n{LAYER['layer/python/kit/__init__.py']}"
    reader = USES.format(use="pack.part.VALUE")
    write_files(
        folder.parent, {"layer/python/kit/__init__.py": kit, "layer/python/reader.py": reader}
    )
    for python in lazy_pythons():
        options = (*FIXED, *STYLE, "--python", python, "--launches", "20", "-o", "../out.json")
        done = importcost("defer", "handler.py:handler", *options, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "lazy_imports=all, Python 3." in plain(done)
        advice = advice_of(folder.parent / "out.json")
        found = {one.code: one for one in advice.findings}
        assert found["from strict import check"].verdict.style.value == "lazy-dependency"
        assert "strict" in found["from strict import check"].verification.gone
        assert {"plotting", "strict", "needed"} <= set(advice.lazy_bound.verification.gone)
        assert "__lazy_modules__" in done.stdout
        assert "uses pack.part without importing it" in found["import pack.part"].verdict.reason


@pytest.mark.parametrize(
    ("head", "use", "is_relied_on"),
    rest_slow(
        [
            ("", "pack.part.VALUE", True),
            ("import pack as p\n", "p.part.VALUE", True),
            ("import sys\n", "pack.part", True),
            ("import pack.part\n", "pack.part.VALUE", False),
            ("", "pack.other", False),
        ]
    ),
)
def test_a_module_that_other_code_reaches_through_its_package_stays(
    head, use, is_relied_on, folder, defer
):
    """`import pack` alone finds pack.part only because plotting has imported it."""
    reader = f"{head}{USES.format(use=use)}"
    kit = "import reader\nfrom kit.core import work, draw\n"
    files = {"layer/python/reader.py": reader, "layer/python/kit/__init__.py": kit}
    write_files(folder.parent, {**RELIANCE, **files})
    done = defer(folder, "--no-verify", "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    found = {one.code: one for one in advice_of(folder.parent / "out.json").findings}
    verdict = found["import plotting"].verdict
    assert ("uses pack.part without importing it" in verdict.reason) == is_relied_on
    assert (verdict.style is None) == is_relied_on


@pytest.mark.parametrize(
    "effect",
    rest_slow(
        [
            "import codecs\ncodecs.register(lambda name: None)\n",
            "import os\nos.environ['DRAWS'] = '1'\n",
            "import needed\nneeded.LIMIT = 4\n",
            "import sys\nsys.path.insert(0, '/opt')\n",
        ]
    ),
)
def test_a_module_with_an_effect_on_others_does_not_wait(effect, folder, defer):
    write_files(folder.parent, {"layer/python/plotting_part.py": effect})
    done = defer(folder, "--no-verify", "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    found = {one.code: one for one in advice_of(folder.parent / "out.json").findings}
    assert found["import plotting"].verdict.style is None
    assert found["from kit import extra"].verdict.style is not None


@pytest.mark.parametrize(
    ("form", "reason"),
    rest_slow(
        [
            ("try:\n    import plotting\nexcept ImportError:\n    plotting = None\n", "by the try"),
            ("import os\nimport plotting\nos.environ['KIT'] = '1'\n", "which line 3 changes"),
            ("import plotting\nNAME = plotting.__name__\n", "when the file is imported"),
            ("import plotting\n@plotting.draw\ndef f(): pass\n", "is used at module level"),
            ("from plotting import draw as paint\n", "cannot wait before Python 3.15"),
            ("import plotting\nclass A:\n    draw = plotting.draw\n", "is used at module level"),
        ]
    ),
)
def test_what_needs_the_module_at_once_is_said_and_left(form, reason, folder, defer):
    core = LAYER["layer/python/kit/core.py"].replace("import plotting\n", form)
    if "paint" in form:
        core = core.replace("plotting.draw()", "paint()")
    plotting = "def draw(f=None):\n    return 40\n"
    files = {"layer/python/kit/core.py": core, "layer/python/plotting.py": plotting}
    write_files(folder.parent, files)
    done = defer(folder, "--no-verify")
    assert done.returncode == 0, done.stderr
    assert reason in plain(done)
    assert '"plotting"' not in done.stdout


@pytest.mark.parametrize(
    ("before", "sentence"),
    rest_slow(
        [
            ("def broken(:\n", "is not Python: rename it"),
            ('"""Written by importcost."""\n', "has no LAZY any more: restore it"),
            ('"""Written by importcost."""\nLAZY: dict = make()\n', "was edited: restore it"),
        ]
    ),
)
def test_a_file_that_cannot_be_added_to_is_left_with_its_reason(before, sentence, folder, defer):
    (folder / "lazy_dependencies.py").write_text(before)
    done = defer(folder, "--no-verify", "--write")
    assert sentence in plain(done)
    assert (folder / "lazy_dependencies.py").read_text() == before


@pytest.mark.parametrize(
    ("head", "line"),
    rest_slow(
        [
            ('"""Doc."""\nfrom __future__ import annotations\nimport kit\n', 2),
            ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nimport kit\n", 2),
            ("import kit\n", 0),
            ('"""Doc."""; import kit\n', 0),
        ]
    ),
)
def test_the_import_comes_before_all_others(head, line, folder, defer):
    text = f"{head}\n\ndef handler(event, context):\n    return kit.work()\n"
    write_files(folder, {"handler.py": text})
    assert defer(folder, "--no-verify", "--write").returncode == 0
    lines = (folder / "handler.py").read_text().splitlines()
    assert "import lazy_dependencies" in lines[line]
    compile("\n".join(lines), "handler.py", "exec")


@pytest.mark.unhurried
def test_a_handler_in_a_package_imports_it_from_there(tmp_path, defer):
    write_files(tmp_path, {**LAYER, "task/shop/__init__.py": "", "task/shop/handler.py": HANDLER})
    done = defer(tmp_path / "task", "--write", target="shop.handler.handler")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "task" / "shop" / "handler.py").read_text()
    assert "from shop import lazy_dependencies" in text
    assert (tmp_path / "task" / "shop" / "lazy_dependencies.py").exists()


@pytest.mark.parametrize(
    ("own", "reads", "words"),
    rest_slow(
        [
            (
                "import os\nos.environ['MODE'] = 'a'\n",
                "import os\nM = os.environ.get('MODE')\n",
                "env",
            ),
            ("import os\nos.chdir('/')\n", "import os\nHERE = os.getcwd()\n", "directory"),
            ("import os\nos.umask(0)\n", "import os\nM = os.environ.get('MODE')\n", ""),
            (
                "import os\nos.environ['OTHER'] = 'a'\n",
                "import os\nM = os.environ.get('MODE')\n",
                "",
            ),
            ("", "import os\nM = os.environ.get('MODE')\n", ""),
        ]
    ),
)
def test_what_reads_a_state_that_the_function_changes_afterwards_stays(
    own, reads, words, folder, defer
):
    handler = HANDLER.replace("import kit\n", f"import kit\n{own}")
    write_files(folder.parent, {"task/handler.py": handler, "layer/python/plotting_part.py": reads})
    done = defer(folder, "--no-verify", "-o", "../out.json")
    assert done.returncode == 0, done.stderr
    found = {one.code: one for one in advice_of(folder.parent / "out.json").findings}
    verdict = found["import plotting"].verdict
    assert (verdict.style is None) == bool(words), verdict.reason
    assert words in verdict.reason
