"""Targets that are not handlers: packages, code, console scripts and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import run_here
from tests.harness import write_files

PROJECT = {
    "pyproject.toml": (
        '[project]\nname = "my-pkg"\nversion = "1"\n[project.scripts]\nmycli = "mypkg.cli:main"\n'
    ),
    "src/mypkg/__init__.py": "import json\nfrom mypkg.core import work\n",
    "src/mypkg/core.py": (
        "import sqlite3\n\n\ndef work():\n    return sqlite3.connect(':memory:')\n"
    ),
    "src/mypkg/cli.py": (
        "import argparse\n\n\ndef main():\n    parser = argparse.ArgumentParser('mycli')\n"
        "    parser.add_argument('name')\n    print(parser.parse_args().name)\n"
        "    import wave\n    assert wave\n"
    ),
    "tools/my tool.py": (
        "import sys\nimport fractions\n\nif __name__ == '__main__':\n    import html\n"
        "    print(html.escape(sys.argv[1]))\n"
    ),
}
FEW = ("--runs", "6")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return write_files(tmp_path_factory.mktemp("plain") / "pro ject", PROJECT)


def importcost(folder: Path, *args: str, **variables: str | None):
    known = {"IMPORTCOST_CACHE_DIR": str(folder.parent / "cache"), "VIRTUAL_ENV": None}
    return run_here(folder, *args, variables={**known, **variables})


def saved(folder: Path, *args: str):
    """Profile a target and return its saved profile."""
    done = importcost(folder, "profile", *args, *FEW, "-q", "-o", "out.json")
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "out.json").read_text())


def modules(profile) -> set[str]:
    """Return the modules that the target itself loads."""
    phases = ("handler imports", "module body")
    return {one["name"] for one in profile["graph"]["modules"] if one["phase"] in phases}


def files(profile) -> dict[str, str]:
    return {one["name"]: one["file"] for one in profile["graph"]["modules"] if one["file"]}


@pytest.mark.unhurried
def test_a_package_of_the_working_folder_is_imported_from_its_src(project):
    found = saved(project, "-m", "mypkg")
    assert {"mypkg", "mypkg.core", "sqlite3", "json"} <= modules(found)
    assert files(found)["mypkg"] == str(project / "src" / "mypkg" / "__init__.py")
    assert found["target"]["plain"]["kind"] == "module"
    assert found["settings"]["platform"] == "generic"


@pytest.mark.unhurried
def test_a_package_costs_what_it_imports_itself(project):
    """Neither the probe nor Lambda's runtime has loaded anything of json before."""
    found = modules(saved(project, "-m", "json"))
    assert {"json", "json.decoder", "json.encoder", "json.scanner", "re"} <= found


@pytest.mark.unhurried
@pytest.mark.parametrize("name", ["json", "linecache", "traceback", "email", "csv"])
def test_a_file_with_a_standard_name_is_the_targets_and_not_the_probes(tmp_path, name):
    files = {f"{name}.py": "X = 1\n", "uses.py": f"import {name}\nassert {name}.X\n"}
    files["fails.py"] = f"import {name}\nraise ValueError('no luck')\n"
    folder = write_files(tmp_path / "work", files)
    assert {name, "uses"} <= modules(saved(folder, "-m", "uses"))
    done = importcost(folder, "profile", "-m", "fails", *FEW, "-q")
    assert done.returncode == 3
    assert "raised ValueError: no luck" in done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize("name", ["collections", "collections.abc", "os.path", "importlib.util"])
def test_what_the_probe_loads_again_is_whole(tmp_path, name):
    """On some versions a submodule is a frozen module that stays when its package goes."""
    folder = write_files(tmp_path / "work", {"uses.py": f"import {name}, decimal\n"})
    assert {"uses", "decimal"} <= modules(saved(folder, "-m", "uses"))


@pytest.mark.unhurried
def test_a_module_with_a_standard_name_is_found_in_its_folder(tmp_path):
    folder = write_files(tmp_path / "work", {"json.py": "import wave\n"})
    found = saved(folder, "-m", "json")
    assert files(found)["json"] == str(folder / "json.py")
    assert "wave" in modules(found)


@pytest.mark.unhurried
@pytest.mark.parametrize("end", ["", "raise ValueError('no luck')\n"])
def test_a_package_that_empties_the_paths_is_measured(tmp_path, end):
    text = "import sys\nsys.meta_path.clear()\nsys.path.clear()\n" + end
    folder = write_files(tmp_path / "work", {"empties.py": text})
    if not end:
        assert "empties" in modules(saved(folder, "-m", "empties"))
        return
    done = importcost(folder, "profile", "-m", "empties", *FEW, "-q")
    assert "raised ValueError: no luck" in done.stderr


@pytest.mark.unhurried
def test_a_package_that_closes_the_descriptor_of_the_rows_is_not_called_a_handler(tmp_path):
    folder = write_files(tmp_path / "work", {"closes.py": "import os\nos.close(2)\nimport wave\n"})
    said = [one["message"] for one in saved(folder, "-m", "closes")["warnings"]]
    assert any(one.startswith("-m closes closes or redirects") for one in said)


@pytest.mark.unhurried
def test_a_submodule_and_code_are_imported_with_their_package(project):
    assert {"mypkg", "mypkg.core"} <= modules(saved(project, "-m", "mypkg.core"))
    found = saved(project, "-c", "import csv\nfrom mypkg import core\n")
    assert {"csv", "mypkg", "sqlite3"} <= modules(found)


@pytest.mark.unhurried
def test_a_script_counts_what_it_imports_while_it_runs(project):
    found = saved(project, "--script", "mycli bob")
    assert {"argparse", "mypkg.cli", "wave"} <= modules(found)
    assert found["target"]["plain"]["arguments"] == ["bob"]


@pytest.mark.unhurried
def test_a_file_runs_as_main_with_its_arguments(project):
    found = saved(project, "--file", "'tools/my tool.py' '<a>'")
    assert {"__main__", "fractions", "html"} <= modules(found)
    done = importcost(project, "profile", "--file", "tools/my tool.py", *FEW, "-q")
    assert done.returncode == 3
    assert "raised IndexError" in done.stderr


@pytest.mark.unhurried
def test_reports_speak_of_this_machine_alone(project):
    done = importcost(project, "profile", "-m", "mypkg", *FEW, "-o", "out.html")
    assert done.returncode == 0
    assert "-m mypkg takes about" in done.stdout
    for word in ("$", "Lambda", "GB-s", "boto3"):
        assert word not in done.stdout


@pytest.mark.unhurried
def test_why_names_the_chain_from_the_target(project):
    done = importcost(project, "why", "--script", "mycli bob", "wave", "-q")
    assert done.returncode == 0, done.stderr
    assert "mypkg/cli.py:8" in done.stdout.replace("\n", " ")


@pytest.mark.unhurried
def test_a_package_defers_in_its_own_files_alone(project):
    done = importcost(project, "defer", "-m", "mypkg", "--no-verify", "--runs", "6", "-q")
    assert done.returncode == 0, done.stderr
    assert "+    import sqlite3" in done.stdout
    assert (project / "src" / "mypkg" / "core.py").read_text() == PROJECT["src/mypkg/core.py"]
    assert not list(project.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("-m", "clik"), 2, "name click"),
        (("-m", "sys"), 2, "importing it costs nothing"),
        (("-m", "scikit-learn"), 2, "name its module sklearn"),
        (("-m", "typing-extensions"), 2, "name typing_extensions"),
        (("-m", "mypkg[cli]"), 2, "each extra with --extra"),
        (("-m", "src/mypkg"), 2, "run the file with --file"),
        (("-m", "mypkg.cor"), 3, "mypkg has no module cor"),
        (("-c", "import ("), 3, "The code of -c, line 1, does not parse"),
        (("-c", " "), 2, "--command is empty"),
        (("-m", "mypkg", "-c", "import x"), 2, "name two things to measure"),
        (("-m", "mypkg", "h.py"), 2, "name two things to measure"),
        (("-m", "mypkg", "--memory", "512"), 2, "--memory is about a Lambda function"),
        (("-m", "mypkg", "--runner", "docker"), 2, "is measured on this machine"),
        (("-m", "mypkg", "--without-wrapper"), 2, "--without-wrapper is about a handler"),
        (("--script", "mycli"), 3, 'exit code 2, saying "mycli: error: the following arguments'),
        (("--script", "mycli 'x"), 2, "close the quote"),
        (("--script", "nope-cli"), 2, "no console script nope-cli"),
        (("--file", "tools"), 2, "is a folder"),
        (("--file", "tool.py"), 2, "There is no file"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_measured_is_one_sentence(project, args, code, said):
    done = importcost(project, "profile", *args, *FEW, "-q")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "itself failed" not in done.stderr


SIDE_EFFECTS = {
    "reads": ("input()\n", 3, "reads standard input, which is empty"),
    "ends": ("import sys\nsys.exit(4)\n", 3, "calls sys.exit(4) while it is imported"),
    "leaves": ("import os\nos._exit(5)\n", 3, "ended its process with exit code 5"),
    "asks": ("import os\nos.environ['HOST_OF_IT']\n", 3, "--env HOST_OF_IT=VALUE"),
    "lacks": ("import nothing_of_that_name\n", 3, "needs the module nothing_of_that_name"),
    "spins": ("while True:\n    pass\n", 3, "did not end within 2 s"),
    "prints": ("print('hi')\n", 0, ""),
    "moves": ("import os\nos.chdir('/')\n", 0, ""),
    "starts": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()\n",
        0,
        "",
    ),
    "registers": ("import atexit\natexit.register(print, 'end')\n", 0, ""),
}


@pytest.mark.unhurried
@pytest.mark.parametrize("name", SIDE_EFFECTS)
def test_side_effects_at_import_are_named_or_do_no_harm(tmp_path, name):
    text, code, said = SIDE_EFFECTS[name]
    write_files(tmp_path, {f"{name}_pkg/__init__.py": text})
    limit = ("--timeout", "2") if name == "spins" else ()
    done = importcost(tmp_path, "profile", "-m", f"{name}_pkg", *FEW, "-q", *limit)
    assert done.returncode == code, done.stderr
    assert said in done.stderr


@pytest.mark.unhurried
def test_scripts_that_are_not_python_are_refused(tmp_path):
    write_files(tmp_path, {"run.sh": "#!/bin/sh\nexit 0\n", "tool": "#!/usr/bin/env python3\n"})
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0")
    for name, said in (("./run.sh", "a script of /bin/sh"), ("./binary", "is a binary program")):
        done = importcost(tmp_path, "profile", "--script", name, "-q")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert importcost(tmp_path, "profile", "--script", "./tool", *FEW, "-q").returncode == 0


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("#!/bin/sh", "a script of /bin/sh"),
        ("#!/usr/bin/env node", "a script of /usr/bin/env node"),
    ],
)
def test_a_file_of_another_language_is_refused(tmp_path, first, said):
    write_files(tmp_path, {"run.sh": f"{first}\nif true; then exit; fi\n"})
    done = importcost(tmp_path, "profile", "--file", "run.sh", "-q")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.unhurried
def test_a_file_with_a_python_name_runs_whatever_its_first_line_says(tmp_path):
    write_files(tmp_path, {"run.py": "#!/bin/sh\nimport csv\n"})
    assert "csv" in modules(saved(tmp_path, "--file", "run.py"))


def test_what_sigkill_ends_may_have_taken_too_much_memory(tmp_path):
    write_files(tmp_path, {"ended.py": "import os\nos.kill(os.getpid(), 9)\n"})
    done = importcost(tmp_path, "profile", "-m", "ended", *FEW, "-q")
    assert done.returncode == 3
    assert "more memory than it may have" in done.stderr
    assert "faulthandler" not in done.stderr


@pytest.mark.unhurried
def test_a_missing_variable_with_a_secret_name_is_asked_for_with_value(tmp_path):
    write_files(tmp_path, {"app.py": "import os\nos.environ['MY_TOKEN']\n"})
    done = importcost(tmp_path, "profile", "-m", "app", *FEW, "-q")
    assert "--env MY_TOKEN=VALUE" in done.stderr, done.stderr


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("src/my_ns/pk/cli.py", "my_ns.pk.cli"),
        ("my_ns/cli.py", "my_ns.cli"),
        ("src/my_ns/cli/__init__.py", "my_ns.cli"),
    ],
)
def test_a_declared_script_in_a_namespace_package_is_found(tmp_path, file, module):
    declared = f'[project]\nname = "mine"\n[project.scripts]\nmycli = "{module}:main"\n'
    text = "import csv\n\n\ndef main():\n    import wave\n\n    assert wave\n"
    write_files(tmp_path, {"pyproject.toml": declared, file: text})
    assert {"csv", "wave"} <= modules(saved(tmp_path, "--script", "mycli --n 3"))


@pytest.mark.unhurried
def test_a_namespace_package_and_an_extension_are_measured(tmp_path):
    write_files(tmp_path, {"spaces/part/__init__.py": "import csv\n"})
    assert "csv" in modules(saved(tmp_path, "-m", "spaces.part"))
    assert saved(tmp_path, "-m", "spaces")["target"]["module"] == "spaces"
    assert "_csv" in modules(saved(tmp_path, "-m", "_csv"))


@pytest.mark.unhurried
def test_what_a_compiled_module_imports_is_its_own_import(tmp_path):
    if getattr(__import__("_decimal"), "__file__", None) is None:
        pytest.skip("this interpreter has _decimal inside itself")
    found = saved(tmp_path, "-m", "_decimal")
    importers = {e["importer"] for e in found["graph"]["edges"] if e["imported"] == "numbers"}
    assert "_decimal" in importers
    shown = importcost(tmp_path, "profile", "-m", "_decimal", *FEW)
    assert "(runtime)" not in shown.stdout
    why = importcost(tmp_path, "why", "-m", "_decimal", "numbers", "-q")
    assert "1  _decimal" in why.stdout
    assert "of the function" not in why.stdout


CONFIGURED = """\
forbid = ["sqlite3"]
[targets.library]
module = "mypkg"
max_import_ms = 0.001
[targets.cli]
script = "mycli bob"
forbid = []
max_modules = 10000
max_import_ms = 60000
"""


@pytest.mark.unhurried
def test_check_holds_targets_to_budgets_of_this_machine(project):
    (project / "importcost.toml").write_text(CONFIGURED)
    done = importcost(project, "check", "--runs", "6")
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stdout.split())
    assert "sqlite3 is forbidden and loaded at init" in said
    assert "on this machine; max_import_ms is 0 ms" in said
    assert "✓ cli: 6 passed" in said
    done = importcost(project, "check", "--deterministic", "cli")
    assert done.returncode == 0, done.stderr
    (project / "importcost.toml").unlink()


@pytest.mark.unhurried
def test_the_interpreters_own_environment_is_measured(project):
    done = importcost(project, "profile", "-m", "click", *FEW, "--python", sys.executable)
    assert done.returncode == 0, done.stderr
    assert "the measured interpreter's own environment" in done.stdout


def test_init_writes_targets_for_a_library_and_its_scripts(project):
    done = importcost(project, "init", "--no-measure")
    assert done.returncode == 0, done.stderr
    text = (project / "importcost.toml").read_text()
    (project / "importcost.toml").unlink()
    assert '[targets.mypkg]\nmodule = "mypkg"' in text
    assert '[targets.mycli]\nscript = "mycli --help"' in text
    assert "max_init_ms" not in text
    assert "Lambda" not in text


@pytest.fixture
def versions(tmp_path) -> Path:
    """Return a repository whose working folder imports more than its last commit."""
    folder = write_files(tmp_path / "repository", PROJECT)
    git = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "one")):
        subprocess.run([*git, *words], check=True)
    core = folder / "src" / "mypkg" / "core.py"
    core.write_text("import wave\nimport mailbox\n" + PROJECT["src/mypkg/core.py"])
    return folder


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "named", [("-m", "mypkg"), ("-c", "import mypkg.core"), ("--script", "mycli x")], ids=str
)
def test_compare_imports_each_version_from_its_own_checkout(versions, named):
    done = importcost(versions, "compare", "HEAD", ".", *named, "--pairs", "8")
    new = done.stdout.partition("New, ")[2]
    assert " mailbox," in new, done.stdout + done.stderr
    assert done.returncode in (0, 1)


@pytest.mark.unhurried
def test_compare_does_not_take_the_working_folder_for_a_version_without_the_package(versions):
    write_files(versions, {"src/newer/__init__.py": "import csv\n"})
    done = importcost(versions, "compare", "HEAD", ".", "-m", "newer", "--pairs", "8")
    assert done.returncode == 0, done.stderr
    assert "is new: there is no base" in " ".join(done.stdout.split())
    done = importcost(versions, "compare", "HEAD", ".", "-m", "nowhere_at_all")
    assert (done.returncode, "no module nowhere_at_all" in done.stderr) == (2, True), done.stderr


@pytest.mark.unhurried
def test_compare_takes_targets_of_the_configuration(versions):
    (versions / "importcost.toml").write_text(
        '[targets.library]\nmodule = "mypkg"\nmax_increase = "900%"\n'
    )
    done = importcost(versions, "compare", "HEAD", ".", "--pairs", "8", "--no-attribution")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "library" in done.stdout


EXTRAS = {
    "pyproject.toml": (
        '[project]\nname = "gated"\nversion = "1"\ndependencies = []\n'
        '[project.optional-dependencies]\ncli = ["click"]\nlost = ["no-such-thing-1"]\n'
    ),
    "gated/__init__.py": "try:\n    import click\nexcept ImportError:\n    click = None\n",
    "gated/strict.py": "import click\n",
}


@pytest.mark.unhurried
def test_only_what_the_named_extras_bring_can_be_imported(tmp_path):
    folder = write_files(tmp_path / "work", EXTRAS)
    assert "click" not in modules(saved(folder, "-m", "gated", "--extra", "none"))
    assert "click" in modules(saved(folder, "-m", "gated", "--extra", "cli"))
    done = importcost(folder, "profile", "-m", "gated.strict", "--extra", "none", *FEW, "-q")
    assert done.returncode == 3
    assert "click, which is not installed without extras" in done.stderr
    for name, said in (("lost", "needs no-such-thing-1"), ("other", "it has cli, lost")):
        done = importcost(folder, "profile", "-m", "gated", "--extra", name, "-q")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


ODD_FILES = {
    "bom": b"\xef\xbb\xbfimport csv\n",
    "latin": b'# -*- coding: latin-1 -*-\nx = "\xe9"\nimport csv\n',
    "late": b"import threading, time\n\n\ndef late():\n    time.sleep(0.1)\n    import csv\n\n\n"
    b"threading.Thread(target=late).start()\n",
    "exit": b"import atexit\n\n\n@atexit.register\ndef last():\n    import csv\n",
    "main": b"import __main__, pickle, csv\n\n\nclass A:\n    pass\n\n\n"
    b"pickle.loads(pickle.dumps(A()))\nassert __main__.A is A and __spec__ is None\n",
    "tests": b"import unittest, csv\nunittest.main(argv=['x'])\n",
}


@pytest.mark.unhurried
@pytest.mark.parametrize("name", ODD_FILES)
def test_a_file_runs_as_the_interpreter_runs_it(tmp_path, name):
    (tmp_path / f"{name}.py").write_bytes(ODD_FILES[name])
    assert "csv" in modules(saved(tmp_path, "--file", f"{name}.py"))


@pytest.mark.unhurried
def test_the_last_words_of_a_program_are_shown(tmp_path):
    (tmp_path / "t.py").write_text(
        "import sys\nprint('x', file=sys.stderr)\nsys.exit('bad data')\n"
    )
    done = importcost(tmp_path, "profile", "--file", "t.py", *FEW, "-q")
    assert (done.returncode, 'exit code 1, saying "bad data"' in done.stderr) == (3, True)
    (tmp_path / "t.py").write_text("import os\nos.execv('/bin/true', ['true'])\n")
    done = importcost(tmp_path, "profile", "--file", "t.py", *FEW, "-q")
    assert (done.returncode, "became with os.exec" in done.stderr) == (3, True)


@pytest.mark.unhurried
def test_only_targets_that_a_change_may_touch_are_checked(versions):
    (versions / "importcost.toml").write_text(
        '[targets.library]\nmodule = "mypkg"\n[targets.cli]\nscript = "mycli x"\n'
        "[targets.tool]\nfile = \"'tools/my tool.py' x\"\n"
    )
    git = ("git", "-C", str(versions), "-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("add", "-A"), ("commit", "-qm", "two")):
        subprocess.run([*git, *words], check=True)
    for name, reached in (("cli", ["cli"]), ("core", ["library", "cli"])):
        file = versions / "src" / "mypkg" / f"{name}.py"
        file.write_text(file.read_text() + "# changed\n")
        done = importcost(versions, "check", "--since", "HEAD", "--deterministic")
        assert done.returncode == 0, done.stderr
        for target in ("library", "cli", "tool"):
            assert (f"✓ {target}: " in done.stdout) == (target in reached), done.stdout
        file.write_text(file.read_text().removesuffix("# changed\n"))


@pytest.mark.unhurried
def test_a_program_that_is_profiled_as_a_handler_is_told_apart(tmp_path):
    (tmp_path / "t.py").write_text("import csv\nif __name__ == '__main__':\n    print(csv)\n")
    done = importcost(tmp_path, "profile", "t.py", "--runs", "5", "--runner", "local")
    assert done.returncode == 0, done.stderr
    assert "--file t.py runs it" in done.stderr
