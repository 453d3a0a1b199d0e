"""The source stays in small pieces: folders, classes, functions and parameters have bounds."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src" / "importcost"
TEMPLATES = Path(__file__).parents[1] / "templates"
MOST_FILES = 20
MOST_CLASS_LINES = 200
MOST_FUNCTION_LINES = 50
MOST_PARAMETERS = 8
ONE_FILE_A_COMMAND = "cli"
"""The folder that grows with the commands: its files and a command's parameters are not bounded."""
TOO_LARGE: dict[str, int] = {}
"""The present excess over each bound, in lines; nothing is added here, and no figure grows."""


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([one for one in every if one.arg not in {"self", "cls", "mcs"}])


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("click." in ast.unparse(decorator) for decorator in node.decorator_list)


def too_large(file: Path) -> dict[str, int]:
    """Return the lines of every class and function of a file that has too many."""
    tree = parsed(file)
    name = file.relative_to(SOURCES).as_posix()
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    sizes = [(node.name, lines_of(node), MOST_CLASS_LINES) for node in classes]
    sizes += [(node.name, lines_of(node), MOST_FUNCTION_LINES) for node in functions(tree)]
    return {f"{name} {what}": size for what, size, most in sizes if size > most}


def folders() -> list[Path]:
    every = [
        path for top in (SOURCES, TEMPLATES) for path in (top, *top.rglob("*")) if path.is_dir()
    ]
    return [path for path in every if path.name != "__pycache__"]


@pytest.mark.parametrize("folder", folders(), ids=lambda path: path.name)
def test_no_folder_holds_more_files_than_the_bound(folder):
    if folder == SOURCES / ONE_FILE_A_COMMAND:
        return
    files = [one for one in folder.iterdir() if one.suffix in {".py", ".sh", ".js"}]
    files = [one.name for one in files if one.name != "__init__.py"]
    assert len(files) <= MOST_FILES, sorted(files)


@pytest.mark.unhurried
def test_classes_and_functions_keep_to_their_bounds():
    found = {}
    for file in SOURCES.rglob("*.py"):
        found.update(too_large(file))
    assert not found.keys() - TOO_LARGE.keys(), "split what has grown"
    assert not TOO_LARGE.keys() - found.keys(), "these have shrunk: take them out of TOO_LARGE"
    assert all(found[name] <= most for name, most in TOO_LARGE.items()), found


@pytest.mark.unhurried
def test_functions_take_few_parameters():
    found = [
        f"{file.relative_to(SOURCES)} {node.name}: {parameters_of(node)}"
        for file in SOURCES.rglob("*.py")
        for node in functions(parsed(file))
        if parameters_of(node) > MOST_PARAMETERS
        and not (file.parent.name == ONE_FILE_A_COMMAND and is_command(node))
    ]
    assert not found


def test_the_bounds_are_seen(tmp_path, monkeypatch):
    """A bound that nothing can exceed would be no test."""
    monkeypatch.setitem(globals(), "SOURCES", tmp_path)
    body = "\n".join("        x = 1" for _ in range(MOST_CLASS_LINES))
    file = tmp_path / "large.py"
    file.write_text(f"class Large:\n    def long(self, a, b):\n{body}\n", encoding="utf-8")
    assert too_large(file) == {
        "large.py Large": MOST_CLASS_LINES + 2,
        "large.py long": MOST_CLASS_LINES + 1,
    }
    (node,) = functions(ast.parse(file.read_text(encoding="utf-8")))
    assert parameters_of(node) == 2
