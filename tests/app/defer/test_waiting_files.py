"""Files below the task root that only functions import: the user's count, dependencies do not."""

import json

import pytest

from importcost.app.defer.sources import read_sources
from importcost.app.defer.waiting_files import files_beside, files_of_functions
from importcost.deferral.source.model import SourceText
from importcost.model.advice import VerdictKind
from importcost.model.graph import FUNCTION, BytecodeState, ImportGraph, LoadedModule
from importcost.model.profile import Target
from tests.harness import write_files

HANDLER = """
import os
import heavy


def handler(event, context):
    from shared import settings
    return heavy.word() + settings.NAME + str(other(event))


def other(event):
    import vendored.core
    from shared.vendored_part import value
    return vendored.core, value
"""
FILES = {
    "handler.py": HANDLER,
    "heavy.py": "import os\n\n\ndef word():\n    return os.environ.get('WORD', '')\n",
    "shared/settings.py": "import own\n\nNAME = own.NAME\n",
    "shared/vendored_part.py": "value = 1\n",
    "own.py": "NAME = 'own'\n",
    "vendored/__init__.py": "import os\n\nos.environ['WORD'] = 'changed'\n",
    "vendored/core.py": "import own_of_vendored\n",
    "own_of_vendored.py": "x = 1\n",
}
LISTED = "vendored/__init__.py,,\nvendored/core.py,,\nshared/vendored_part.py,,\n"


def packaged(root, files=LISTED, **more):
    metadata = {
        "METADATA": "Metadata-Version: 2.1\nName: vendored\nVersion: 1.0\n",
        **({"RECORD": files} if files is not None else {}),
        **more,
    }
    write_files(root, {f"vendored-1.0.dist-info/{name}": text for name, text in metadata.items()})


def waiting(root):
    path = str(root / "handler.py")
    loaded = {"handler": SourceText(path, HANDLER, "utf-8", False)}
    return set(files_of_functions(loaded, root))


def test_files_of_an_installed_package_are_no_files_of_the_user(tmp_path):
    packaged(write_files(tmp_path, FILES))
    # `shared` is a namespace of both: only what RECORD lists is the package's.
    assert waiting(tmp_path) == {"heavy", "shared.settings", "own"}


def test_without_a_list_a_package_owns_its_top_level_names(tmp_path):
    packaged(write_files(tmp_path, FILES), None, **{"top_level.txt": "vendored\n"})
    assert waiting(tmp_path) == {"heavy", "shared.settings", "own", "shared.vendored_part"}


def test_a_project_installed_from_its_folder_stays_the_users(tmp_path):
    origin = json.dumps({"url": "file:///home/me/shop", "dir_info": {}})
    packaged(write_files(tmp_path, FILES), **{"direct_url.json": origin})
    assert {"vendored", "vendored.core", "own_of_vendored"} <= waiting(tmp_path)


def test_files_without_an_installer_are_the_users(tmp_path):
    assert {"vendored", "vendored.core"} <= waiting(write_files(tmp_path, FILES))


def test_damaged_metadata_leaves_files_to_the_user(tmp_path):
    packaged(write_files(tmp_path, FILES), **{"direct_url.json": "[not json"})
    assert "vendored" not in waiting(tmp_path)
    (tmp_path / "vendored-1.0.dist-info" / "METADATA").unlink()
    assert "vendored" in waiting(tmp_path)


def verdict(root):
    """Return the verdict on `import heavy`, which reads a variable while it loads."""
    write_files(root, {"heavy.py": "import os\n\nWORD = os.environ.get('WORD')\n"})
    modules = tuple(
        LoadedModule(
            name, str(root / f"{name}.py"), FUNCTION, BytecodeState.ABSENT, None, None, "x", None
        )
        for name in ("handler", "heavy")
    )
    target = Target("handler", "handler", str(root), str(root / "handler.py"))
    sources = read_sources(ImportGraph(modules, ()), target, (3, 12))
    imports = sources.files[str(root / "handler.py")].imports
    return next(one.verdict for one in imports if one.code == "import heavy")


def test_state_that_an_own_file_changes_later_still_counts(tmp_path):
    assert verdict(write_files(tmp_path, FILES)).kind is VerdictKind.NOT_DEFERRABLE


def test_a_dependency_in_the_task_root_is_judged_like_one_outside(tmp_path):
    packaged(write_files(tmp_path, FILES))
    assert verdict(tmp_path).kind is VerdictKind.DEFERRABLE


SHARED = """
import heavy
import json


def word():
    return heavy.WORD + json.dumps(1)
"""
BESIDE = {
    "handler.py": "import shared\n\n\ndef handler(event, context):\n    return shared.word()\n",
    "shared.py": SHARED,
    "heavy.py": "WORD = 'w'\n",
}
USERS = {
    "from-import": "from shared import (\n    word,\n    heavy,\n)\n",
    "star": "from shared import *\n\nprint(heavy)\n",
    "attribute": "import shared as common\n\nprint(common.heavy)\n",
    "string": "import importlib\n\nimportlib.import_module('shared')\n",
}


def verdict_beside(root, path, text):
    """Return the verdict on `import heavy` of a shared module; one more file uses that module."""
    write_files(root, {**BESIDE, path: text})
    modules = tuple(
        LoadedModule(
            name, str(root / f"{name}.py"), FUNCTION, BytecodeState.ABSENT, None, None, "x", None
        )
        for name in ("handler", "shared", "heavy")
    )
    target = Target("handler", "handler", str(root), str(root / "handler.py"))
    sources = read_sources(ImportGraph(modules, ()), target, (3, 12))
    imports = sources.files[str(root / "shared.py")].imports
    return next(one.verdict for one in imports if one.code == "import heavy")


@pytest.mark.parametrize("name", USERS)
def test_names_that_another_handler_uses_stay(tmp_path, name):
    found = verdict_beside(tmp_path, "routes/orders.py", USERS[name])
    assert found.kind is VerdictKind.NOT_DEFERRABLE
    assert "orders.py line" in found.reason


@pytest.mark.parametrize("path", ["tests/users.py", "test_shared.py", "venv/users.py"])
def test_tests_and_environments_keep_nothing(tmp_path, path):
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    found = verdict_beside(tmp_path, path, USERS["from-import"])
    assert found.kind is VerdictKind.DEFERRABLE


def test_files_that_name_no_known_module_are_not_read_further(tmp_path):
    write_files(tmp_path, {**BESIDE, "other.py": "import os\n", "user.py": "import shared\n"})
    known = {"shared": SourceText(str(tmp_path / "shared.py"), SHARED, "utf-8", False)}
    assert set(files_beside(known, tmp_path)) == {"handler", "user"}
