"""Popular packages stay deferrable: the effects of those installed beside the tests."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from importcost.deferral.effects.import_effects import ImportEffects
from importcost.model.graph import STDLIB, ImportGraph
from tests.deferral.effects.made_modules import made_graph, module_of

PACKAGES = ("boto3", "botocore", "requests", "urllib3", "jinja2", "click", "jsonschema", "attrs")


def modules_of(distribution):
    """Return the modules of an installed distribution."""
    found = []
    for entry in metadata.files(distribution) or ():
        parts = entry.as_posix().removesuffix(".py").split("/")
        is_module = entry.name.endswith(".py") and entry.name != "__main__.py"
        if not is_module or parts[0].startswith((".", "_")):
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(module_of(name, Path(str(entry.locate())), distribution))
    return found


@pytest.fixture(scope="module")
def effects(tmp_path_factory):
    """The effects of all modules of all these packages, as if one function loaded them."""
    folder = tmp_path_factory.mktemp("cache")
    stdlib = [one for one in made_graph(folder, {}).modules if one.distribution == STDLIB]
    installed = {name: modules_of(name) for name in PACKAGES}
    modules = [one for found in installed.values() for one in found]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPORTCOST_CACHE_DIR", str(folder))
        yield ImportEffects(ImportGraph((*stdlib, *modules), ()), (3, 12)), installed


@pytest.mark.unhurried
@pytest.mark.parametrize("distribution", PACKAGES)
def test_a_package_that_moves_alone_changes_nothing_that_stays(effects, distribution):
    """The hardest case: all that it needs stays, and all of its modules move, used or not."""
    asked, installed = effects
    found = installed[distribution]
    assert len(found) > 5
    seen = asked.beyond([one.name for one in found])
    assert [one.sentence for one in seen] == []
