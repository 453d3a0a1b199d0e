"""Which tests may run side by side, and which wait for each other."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.fixtures import engine, lambda_image, running_engine
from engine.image import cache_folder

__all__ = ["engine", "lambda_image", "running_engine"]

# How long an example takes is the machine's matter. A check of one commit gives one answer: there,
# examples are always the same; on a developer's machine they go on looking.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1",
)
settings.load_profile("any machine")


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that all launches share: everything below /tmp is each launch's own."""
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        yield Path(folder)


def group_of(item: pytest.Item) -> str | None:
    """Return the name that a test shares with those it must not run beside, None if it has none.

    An engine's tests count its containers, and start its daemon once. Tests that `measures` marks
    compare real times. Chromium takes a processor for itself.
    """
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if "running_engine" in parameters:
        return str(parameters["running_engine"])
    for marker in ("browser", "measures"):
        if item.get_closest_marker(marker):
            return marker
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Mark the slow ones, and name each test's group for pytest-xdist's `--dist loadgroup`."""
    for item in items:
        if item.get_closest_marker("engine") or item.get_closest_marker("browser"):
            item.add_marker("slow")
        # Without the plugin nothing runs side by side, and there is no such marker.
        if config.pluginmanager.hasplugin("xdist") and (group := group_of(item)):
            item.add_marker(pytest.mark.xdist_group(group))
