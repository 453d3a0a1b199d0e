"""Effects are kept by distribution and version, own files by content."""

import json

import pytest

from importcost.deferral.effects import import_effects
from importcost.deferral.effects.import_effects import ImportEffects
from importcost.model.effects import EffectKind
from tests.deferral.effects.made_modules import made_graph
from tests.packages import installed

OWN = {"own.py": "import os\nos.environ['A'] = '1'\n", "handler.py": "import own, lib.part"}
LIBRARY = {
    "lib/__init__.py": "",
    "lib/part.py": "from core import REGISTRY\nREGISTRY['x'] = 1\n",
    "core/__init__.py": "from core.table import REGISTRY",
    "core/table.py": "REGISTRY = {}\n",
}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that asks for effects, and says which modules had to be read for it."""
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    versions = {"lib": "1.0", "core": "2.0"}

    def ask(own=OWN, packages=LIBRARY, python=(3, 12), **changed):
        graph = made_graph(tmp_path, own, packages)
        for name, version in {**versions, **changed}.items():
            for old in (tmp_path / "site").glob(f"{name}-*.dist-info"):
                for file in old.iterdir():
                    file.unlink()
                old.rmdir()
            installed(tmp_path / "site", name, version, files=())
        bodies = []
        real = import_effects.effects_of_body

        def spy(lookup, readers, module):
            bodies.append(module)
            return real(lookup, readers, module)

        with monkeypatch.context() as patched:
            patched.setattr(import_effects, "effects_of_body", spy)
            effects = ImportEffects(graph, python)
            found = {name: effects.of(name) for name in ("own", "lib.part", "core.table")}
            effects.keep()
        return found, sorted(bodies)

    return ask


def test_a_second_run_reads_nothing_and_says_the_same(read):
    first, bodies = read()
    assert bodies == ["core.table", "lib.part", "own"]
    assert first["lib.part"][0].target_module == "core.table"
    assert first["own"][0].kind is EffectKind.PROCESS
    assert read() == (first, [])


def test_an_own_file_is_read_again_when_its_content_changes(read):
    read()
    found, bodies = read(own={**OWN, "own.py": "import os\nos.environ['B'] = '1'\n\n"})
    assert bodies == ["own"]
    assert found["own"][0].line == 2
    assert read()[1] == []


def test_another_version_is_read_and_so_is_what_looked_at_it(read):
    read()
    assert read(lib="1.1")[1] == ["lib.part"]
    assert read(core="2.1")[1] == ["core.table", "lib.part"]


def test_a_module_that_comes_or_goes_is_noticed(read):
    read()
    fewer = {name: text for name, text in LIBRARY.items() if not name.startswith("core")}
    with_try = "try:\n    from core import REGISTRY\nexcept ImportError:\n    REGISTRY = {}\n"
    text = {"lib/part.py": with_try + "REGISTRY['x'] = 1\n"}
    assert read(packages={**LIBRARY, **text})[0]["lib.part"]
    found, bodies = read(packages={**fewer, **text})
    assert "lib.part" in bodies
    assert found["lib.part"] == ()


def test_another_python_and_another_analysis_have_their_own(read, monkeypatch):
    read()
    assert read(python=(3, 13))[1] == ["core.table", "lib.part", "own"]
    monkeypatch.setattr("importcost.deferral.effects.store.revision", lambda: "other")
    assert read()[1] == ["core.table", "lib.part", "own"]


@pytest.mark.parametrize("damage", ["", "[]", '{"own": 5}', '{"lib.part": {"seen": 3}}', "{" * 9])
def test_a_damaged_store_is_read_around_and_written_anew(read, tmp_path, damage):
    first, _ = read()
    for file in (tmp_path / "cache" / "effects").rglob("*.json"):
        file.write_text(damage)
    assert read() == (first, ["core.table", "lib.part", "own"])
    for file in (tmp_path / "cache" / "effects").rglob("*.json"):
        json.loads(file.read_text())
    assert read() == (first, [])
