"""Decide which tests may run side by side, and which wait for each other."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.commands import launched_once
from tests.engine.fixtures import ENGINES, engine, image_without_boto3, lambda_image, running_engine
from tests.engine.image import cache_folder
from tests.measure.recording.fixtures import endpoint, recorder
from tests.sampling import examples

__all__ = [
    "endpoint",
    "engine",
    "image_without_boto3",
    "lambda_image",
    "recorder",
    "running_engine",
]

# Where the tests are started decides no width and no colour of what they read. Without bytecode,
# each command that they start, and each worker, would compile all that it imports.
for variable in (
    *("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"),
    "PYTHONDONTWRITEBYTECODE",
):
    os.environ.pop(variable, None)
# How long an example takes is the machine's matter. A check of one commit gives one answer: there,
# examples are always the same; on a developer's machine they go on looking.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=examples(100),
    derandomize=os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1",
)
settings.load_profile("any machine")


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that all launches share: everything below /tmp is each launch's own."""
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        yield Path(folder)


@pytest.fixture
def few_launches() -> Iterator[None]:
    """Each job is launched once: for tests of anything but launching and time."""
    with launched_once():
        yield


@pytest.fixture
def bytecode_of_tests(tmp_path_factory, monkeypatch) -> Path:
    """A folder in which the bytecode of pytest stays for all tests that let a user's tests run.

    Else each of them has it compiled anew, which takes longer than all that the user's tests do.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "bytecode"
    folder.mkdir(exist_ok=True)
    # A coverage or xdist run of these tests is not the user's tests' own business.
    for name in [name for name in os.environ if name.startswith(("COV_", "PYTEST_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return folder


BROWSER = ("/test_browser", "test_hostile_names_neither_run_nor_break_its_page")
ONE_WORKER = (
    "measure/recording/",
    "projects/real_tools/",
    "snapstart/",
    "cli/test_profile.py",
    "cli/test_snakeviz.py",
    "integrations/test_release.py",
)
"""Folders and files whose tests share something that takes long to make."""
STOPWATCH = ("cli/test_compare.py", "integrations/test_action.py", "measure/test_pairs.py", "web/")


def group_of(node_id: str) -> str | None:
    """Return the name that a test shares with those it must not run beside, None if it has none.

    An engine's tests count its containers, and start its daemon once. Chromium takes a processor
    for itself, and so does a comparison of real launches.
    """
    for name in ENGINES:
        if f"[{name}" in node_id:
            return name
    if any(part in node_id for part in BROWSER):
        return "browser"
    if any(part in node_id for part in STOPWATCH):
        return "stopwatch"
    return next((part for part in ONE_WORKER if part in node_id), None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep each group on one worker; any other test runs on whichever is free.

    The plugin's own groups (`--dist loadgroup`) do nothing from pytest 9.2 on.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid) or nodeid

    return Groups(config, log)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark the slow ones, and see to it that every test that needs a group has one."""
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        wanted = "browser" if item.get_closest_marker("browser") else None
        wanted = parameters.get("running_engine", wanted)
        if item.get_closest_marker("unhurried"):
            if item.get_closest_marker("slow"):
                raise pytest.UsageError(f"{item.nodeid} is slow or unhurried, not both")
            item.add_marker("slow")
        if group_of(item.nodeid) == "stopwatch":
            item.add_marker("slow")
        if wanted is not None:
            item.add_marker("slow")
            if group_of(item.nodeid) != wanted:
                raise pytest.UsageError(f"conftest.py does not know {item.nodeid} as {wanted}")
