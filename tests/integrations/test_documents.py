"""The documents for contributors name files and rooms that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from importcost.cli.group import COMMANDS
from importcost.cli.profile import command as profile_command

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "importcost"
DOCUMENTS = ("docs/architecture.md", "CONTRIBUTING.md")
SUFFIXES = (".py", ".json", ".toml", ".md", ".js", ".css", ".j2")
A_USERS = frozenset(("handler.py", "importcost.toml"))
PATH = re.compile(r"\.?[\w-][\w.-]*(?:/[\w.-]+)*/?")


def named_paths(text):
    """Yield each path in code, with the paths that come before it on its line."""
    in_block = False
    for line in text.splitlines():
        if line.startswith("```"):
            in_block = not in_block
            continue
        spans = [line] if in_block else re.findall(r"`([^`]+)`", line)
        before = []
        for word in (word for span in spans for word in span.split()):
            is_path = PATH.fullmatch(word) and ("/" in word or word.endswith(SUFFIXES))
            if is_path and word not in A_USERS and not word.startswith(".venv/"):
                yield word, tuple(before)
                before.append(word)


def is_there(path, before):
    """Return True if the path is there: from the top, in the package, or in a folder before it."""
    folders = [ROOT, PACKAGE, *(PACKAGE / one for one in before if one.endswith("/"))]
    exists = Path.is_dir if path.endswith("/") else Path.exists
    return any(exists(folder / path) for folder in folders)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_is_there(document):
    named = list(named_paths((ROOT / document).read_text(encoding="utf-8")))
    assert named
    assert [path for path, before in named if not is_there(path, before)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document):
    file = ROOT / document
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (file.parent / link).is_file()] == []


def test_the_page_on_lambdas_logs_is_linked_and_its_options_exist():
    page = (ROOT / "docs/lambda-log.md").read_text(encoding="utf-8")
    assert "](docs/lambda-log.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"importcost profile[^`\n]*", page)
    used = {option for line in lines for option in re.findall(r"--[\w-]+", line)}
    known = {name for one in profile_command.params for name in one.opts}
    assert used >= {"--from-log", "--log-stream", "--memory"}
    assert used <= known
    for part in ("PYTHONPROFILEIMPORTTIME=1", "filter @message like", "What it costs"):
        assert part in page


def test_paths_that_are_gone_are_seen():
    text = "`gate/`: `rules.py`, `gone.py`\n```sh\npython tests/gone.py # x\n```"
    gone = [path for path, before in named_paths(text) if not is_there(path, before)]
    assert gone == ["gone.py", "tests/gone.py"]


def test_every_room_has_its_row():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([\w.]+/?)` \|", text, re.MULTILINE))
    rooms = {f"{init.parent.name}/" for init in PACKAGE.glob("*/__init__.py")}
    modules = {file.name for file in PACKAGE.glob("*.py") if not file.name.startswith("_")}
    assert described == (rooms | modules) - {"pytest_plugin.py"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_the_module_of_its_name(name):
    assert (PACKAGE / "cli" / f"{name.replace('-', '_')}.py").is_file()


def test_names_in_modules_are_there():
    """A row such as "`measure/plan.py`: `QUICK`" names what to look for in that file."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    found = re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", text)
    assert found
    for path, names in found:
        source = (PACKAGE / path).read_text(encoding="utf-8")
        for name in re.findall(r"\w+", names):
            assert re.search(rf"^\s*(?:def |class )?{name}\b", source, re.MULTILINE), (path, name)
