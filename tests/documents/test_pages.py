"""Every command on every page runs, and prints what the page shows."""

from __future__ import annotations

import pytest

from tests.documents.blocks import ROOT, alike, pages, steps
from tests.documents.carry_out import Reader
from tests.documents.place import prepared

TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in pages()}
STEPS = {name: steps(text) for name, text in TEXTS.items()}
SHOWN = [name for name, found in STEPS.items() if any(not step.needs for step in found)]
IN_ENGINES = [
    step for found in STEPS.values() for step in found if "engine" in step.needs
]  # each by itself: a container takes long enough
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_launches")]


@pytest.mark.parametrize("name", SHOWN)
def test_the_commands_of_a_page_run_and_print_what_it_shows(name, tmp_path):
    with prepared(TEXTS[name], tmp_path) as place:
        reader = Reader(place, tmp_path / "programs")
        for step in (one for one in STEPS[name] if not one.needs):
            ended = reader.carry_out(step)
            told = f"{name}:{step.line}: {step.command}\n{ended.stdout}{ended.stderr}"
            assert ended.returncode in ends_of(step.command), told
            if step.shown is not None:
                shown = step.shown.replace("/home/you/shop", str(place.folder))
                missing = alike(shown, ended.stdout)
                assert missing is None, f"not printed: {missing}\n{told}"


def ends_of(command):
    """Return the exit codes that a command may have: jobs are launched once each here.

    So the same code on both sides of a comparison has two times, in all pairs alike.
    """
    return (0, 1) if command.startswith("importcost compare") else (0,)


@pytest.mark.engine
def test_the_commands_that_need_an_engine_run(engine, lambda_image, tmp_path):
    assert IN_ENGINES
    with prepared("", tmp_path) as place:
        reader = Reader(place, tmp_path / "programs")
        for step in IN_ENGINES:
            command = step.command.partition("#")[0].replace("docker", engine.name)
            named = "" if "--runner" in command else f" --runner {engine.name}"
            ended = reader.carry_out(step.changed(f"{command}{named} --image {lambda_image}"))
            assert ended.returncode == 0, f"{step}\n{ended.stdout}{ended.stderr}"


def test_what_a_page_needs_is_known():
    needed = {need for found in STEPS.values() for step in found for need in step.needs}
    # Images of a reader's own are built in tests/engine; .ci/run runs the line of the tests.
    assert needed <= {"engine", "image", "test-line"}
