"""The assembler follows import lines and refuses what one script cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import importcost.reports.page.script as assembler
from importcost.reports.page.assets import templates_folder
from importcost.reports.page.script import ScriptError, page_script, parse_script

PAGES = ("report.js", "difference.js", "project.js")


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of modules that stands in for the page's own."""
    (tmp_path / "js" / "lib").mkdir(parents=True)
    monkeypatch.setattr(assembler, "asset", lambda name: (tmp_path / name).read_text("utf-8"))
    page_script.cache_clear()
    yield tmp_path / "js"
    page_script.cache_clear()


def write(folder: Path, **sources: str) -> None:
    for name, source in sources.items():
        (folder / f"{name.replace('__', '/')}.js").write_text(source, encoding="utf-8")


def test_a_module_comes_after_all_that_it_imports_and_once(modules: Path) -> None:
    write(
        modules,
        main='import { a } from "./a.js";\nimport {\n  b,\n  c,\n} from "./lib/b.js";\na(b, c);\n',
        a='import { b } from "./lib/b.js";\nexport function a() {\n  return b;\n}\n',
        lib__b="export const b = 1;\nexport const c = 2;\n",
    )
    assert page_script("main.js") == (
        '\n(() => {\n"use strict";\nconst b = 1;\nconst c = 2;\n'
        "function a() {\nreturn b;\n}\na(b, c);\n})();\n"
    )


def test_comments_stay_behind_and_strings_do_not(modules: Path) -> None:
    write(
        modules,
        main='// why\n/** one */\n/**\n * several\n */\nconst url = "https://x"; // end\n  // in\n',
    )
    assert 'const url = "https://x"; // end' in page_script("main.js")
    assert "why" not in page_script("main.js")
    assert "several" not in page_script("main.js")


def test_a_circle_is_refused_and_named(modules: Path) -> None:
    write(
        modules,
        main='import { a } from "./a.js";\na();\n',
        a='import { b } from "./b.js";\nexport function a() {}\n',
        b='import { a } from "./a.js";\nexport function b() {}\n',
    )
    with pytest.raises(ScriptError, match=r"circle: a\.js -> b\.js -> a\.js"):
        page_script("main.js")


def test_a_name_that_two_modules_declare_is_refused(modules: Path) -> None:
    write(
        modules,
        main='import { a } from "./a.js";\nconst size = 1;\na(size);\n',
        a="const size = 2;\nexport function a() {}\n",
    )
    with pytest.raises(ScriptError, match=r"a\.js and main\.js both declare size"):
        page_script("main.js")


def test_an_import_that_nothing_exports_is_refused(modules: Path) -> None:
    write(modules, main='import { b } from "./a.js";\n', a="export function a() {}\nlet b = 1;\n")
    with pytest.raises(ScriptError, match=r"main\.js imports b, which a\.js does not export"):
        page_script("main.js")


@pytest.mark.parametrize(
    "line",
    [
        'import * as a from "./a.js";',
        'import a from "./a.js";',
        'import { a as b } from "./a.js";',
        'import "./a.js";',
        'import { a } from "elsewhere";',
        "export default a;",
        "export { a };",
        'export * from "./a.js";',
        "const { a } = b;",
        "var a = 1;",
    ],
)
def test_forms_that_the_assembler_does_not_know_are_refused(line: str) -> None:
    with pytest.raises(ScriptError, match="not a form"):
        parse_script("main.js", f"{line}\n")


def test_a_template_that_spans_lines_is_refused() -> None:
    """Its lines would lose their indentation."""
    with pytest.raises(ScriptError, match="spans lines"):
        parse_script("main.js", "const text = `one\n  two`;\n")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_import_or_export_left(page: str) -> None:
    script = page_script(page)
    lines = script.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export "))]
    assert not [line for line in lines if line.strip().startswith(("//", "/*", "*/"))]


def test_every_module_is_part_of_a_page() -> None:
    folder = templates_folder() / "js"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")}
    used = {module.path for page in PAGES for module in assembler._in_order(page)}
    # Types only: the pages need no line of it.
    assert files - used == {"model/data.js"}
