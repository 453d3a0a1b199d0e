"""Each hostile handler on this machine and in a container: its end is told, and nothing is left."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine import image
from tests.engine.fixtures import ENGINES
from tests.hostile.handlers import HANDLERS, MARK, Hostile
from tests.hostile.kept_containers import kept_containers, no_leftovers
from tests.hostile.sandbox import (
    Sandbox,
    assert_end,
    make_repository,
    make_sandbox,
    write_handler,
)

FEWEST = 80


BETWEEN_EDITS = 4
"""Handlers that run on this machine in the fast subset."""


def local_cases():
    cases = {name: one for name, one in HANDLERS.items() if "local" in one.runners}
    fast = [name for name, one in cases.items() if one.fast]
    return [
        pytest.param(
            one,
            id=name,
            marks=()
            if name in fast[:BETWEEN_EDITS]
            else pytest.mark.unhurried
            if one.fast
            else pytest.mark.slow,
        )
        for name, one in cases.items()
    ]


def names_for(engine: str) -> list[str]:
    """Return the handlers of an engine: the fast ones are for both, the others in turn."""
    turn = ENGINES.index(engine)
    return [
        name
        for number, (name, one) in enumerate(HANDLERS.items())
        if engine in one.runners and (one.fast or number % len(ENGINES) == turn)
    ]


def test_there_are_enough_of_them():
    assert sum("local" in one.runners for one in HANDLERS.values()) >= FEWEST
    assert sum(len(names_for(engine)) for engine in ENGINES) >= FEWEST
    assert sum(one.fast for one in HANDLERS.values()) >= 12


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    return make_repository(tmp_path_factory.mktemp("hostile") / "repository")


@pytest.mark.parametrize("one", local_cases())
def test_on_this_machine(tmp_path, repository, one: Hostile):
    sandbox = make_sandbox(tmp_path / "box", one, repository)
    before = sandbox.traces()
    answer = sandbox.run("handler.py", "--runner", "local", "--runs", "6", *one.words)
    assert_end(one, "local", answer, before, sandbox.traces())


@pytest.fixture(scope="module")
def shared_box(tmp_path_factory, repository) -> Sandbox:
    """A sandbox for all handlers that need nothing beside them: one container has it mounted."""
    root = tmp_path_factory.mktemp("hostile") / "box"
    shutil.copytree(repository, root / "work")
    for name in ("home", "tmp"):
        (root / name).mkdir()
    for number, one in enumerate(HANDLERS.values()):
        if not one.files:
            write_handler(root / "work", f"handler{number}.py", one)
    write_handler(root / "work", "harmless.py", Hostile("X = 1\n"))
    return Sandbox(root, f"mark{uuid.uuid4().hex}", is_shared=True)


def words_for(engine) -> tuple[str, ...]:
    return ("--runner", engine.name, "--image", image.TAG, "--runs", "5")


@pytest.fixture(scope="module")
def kept(running_engine, shared_box):
    """Containers that stay for the module's handlers, the first one started."""
    engine, variables = running_engine
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        image.load(engine.command)
        with kept_containers(engine, shared_box.work) as kept:
            assert shared_box.run("harmless.py", *words_for(engine)).code == 0
            yield kept


def measure_inside(engine, kept, shared_box, tmp_path, repository, name):
    """Measure a handler in the engine's container, and assert its end."""
    one, number = HANDLERS[name], list(HANDLERS).index(name)
    file, box = f"handler{number}.py", shared_box
    if one.files:
        file, box = "handler.py", make_sandbox(tmp_path / "box", one, repository)
    box = replace(box, containers=kept.names)
    before = box.traces()
    answer = box.run(file, *words_for(engine), *one.words)
    assert_end(one, engine.name, answer, before, box.traces())
    no_leftovers(kept)


# An engine a function: with one parameter for all of its tests, its daemon is started once.
@pytest.mark.engine
@pytest.mark.parametrize("name", names_for("podman"))
@pytest.mark.parametrize("running_engine", ["podman"], indirect=True)
def test_in_podman(engine, kept, shared_box, tmp_path, repository, name):
    measure_inside(engine, kept, shared_box, tmp_path, repository, name)


@pytest.mark.engine
@pytest.mark.parametrize("name", names_for("docker"))
@pytest.mark.parametrize("running_engine", ["docker"], indirect=True)
def test_in_docker(engine, kept, shared_box, tmp_path, repository, name):
    measure_inside(engine, kept, shared_box, tmp_path, repository, name)


def test_a_handlers_files_carry_its_mark():
    """Else a file that is left in a temporary folder would not be seen."""
    assert MARK in HANDLERS["files: in every temporary folder"].source
