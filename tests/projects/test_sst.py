"""An SST app's functions are those that its scripts write as object literals."""

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from importcost.projects.sst.script import objects_with
from tests.harness import write_files

HANDLER = "def handler(event, context): ...\n"
CONFIG = """
/// <reference path="./.sst/platform/config.d.ts" />
export default $config({
  app(input) { return { name: "shop", home: "aws" }; },
  async run() {
    // new sst.aws.Function("Commented", { handler: "x.y", runtime: "python3.12" });
    const table = new sst.aws.Dynamo("Table", { fields: { id: "string" } });
    new sst.aws.Function("Orders", {
      handler: "functions/src/functions/api.handler",
      runtime: "python3.12",
      memory: "2 GB", timeout: "3 minutes",
      architecture: "arm64",
      link: [table],
      environment: { TABLE: table.name, LEVEL: "debug", "A-B": `plain`, N: 3 },
      ...more,
    });
    new sst.aws.Cron("Nightly", {
      schedule: "rate(1 day)",
      function: { handler: "jobs/nightly.handler", runtime: "python3.13" as const },
    });
    new sst.aws.Function("Node", { handler: "src/lambda.handler" });
    new sst.aws.Function("Image", {
      handler: "jobs/nightly.handler", runtime: "python3.12", python: { container: true } });
    new sst.aws.Function("Gone", { handler: "gone/x.handler", runtime: "python3.12" });
    new sst.aws.Function("Made", { handler: path("x"), runtime: "python3.12" });
    await import("./infra/api");
  },
});
"""
API = """
import { bucket } from "./storage";
export const api = new sst.aws.ApiGatewayV2("Api");
api.route("GET /", { handler: "jobs/nightly.handler", runtime: "python3.12", memory: size });
api.route(`GET /${name}`, { handler: "jobs/nightly.handler", runtime: "python3.12" });
api.route(`PUT /${name}`, { handler: "jobs/nightly.handler", runtime: "python3.12" });
"""
FILES = {
    ".git/HEAD": "",
    "sst.config.ts": CONFIG,
    "infra/api.ts": API,
    "infra/storage.ts": "export const bucket = 1;",
    "functions/pyproject.toml": "",
    "functions/src/functions/api.py": HANDLER,
    "jobs/nightly.py": HANDLER,
}


def project(folder, **files):
    return read_project_place(write_files(folder, {**FILES, **files}), ReadOptions())


def functions(folder, **files):
    return {one.name: one for one in project(folder, **files).functions}


def test_literals_are_functions_with_their_settings(tmp_path):
    found = functions(tmp_path)
    assert "Commented" not in found
    orders = found["Orders"]
    assert (orders.memory_mb, orders.timeout_s, orders.arch) == (2048, 180, "arm64")
    assert (orders.handler, orders.problem) == ("functions.api.handler", None)
    assert orders.code.path == str(tmp_path / "functions" / "src")
    assert orders.environment["LEVEL"] == "debug"
    assert (orders.environment["A-B"], orders.environment["N"]) == ("plain", "3")
    assert orders.placeholder_names == ("TABLE",)
    assert (
        orders.declared.line
        == CONFIG.splitlines().index('    new sst.aws.Function("Orders", {') + 1
    )


def test_defaults_and_what_code_makes_are_told(tmp_path):
    found = functions(tmp_path)
    nightly = found["Nightly"]
    assert (nightly.memory_mb, nightly.timeout_s) == (1024, 20)
    assert (nightly.handler, nightly.code.path) == ("jobs/nightly.handler", str(tmp_path))
    assert nightly.runtime is None
    assert "is made by code" in nightly.unresolved[0].reason
    assert found["GET /"].unresolved[0] == ("memory", "size is made by code; 1024 is taken")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Node", "SST's default is Node.js"),
        ("Image", "its image is built when it is deployed"),
        ("Gone", "has no gone/x.py"),
        ("Made", "its handler is not known"),
    ],
)
def test_a_function_that_cannot_be_measured_says_why(tmp_path, name, what):
    assert what in functions(tmp_path)[name].problem


def test_imported_scripts_are_read_and_functions_of_one_name_told_apart(tmp_path):
    found = functions(tmp_path)
    assert {"GET /", "api.route:5", "api.route:6"} <= set(found)
    assert "only what it writes as literals" in project(tmp_path).notes[0]


def test_shared_settings_of_the_second_version_count(tmp_path):
    text = 'app.setDefaultFunctionProps({ runtime: "python3.11", memorySize: 512, timeout: 10 });\n'
    text += 'new Function(stack, "Old", { handler: "jobs/nightly.handler" });\n'
    old = functions(tmp_path, **{"sst.config.ts": text})["Old"]
    assert (old.runtime, old.memory_mb, old.timeout_s) == ("python3.11", 512, 10)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = {\n b: [1, 2\n", r"sst\.config\.ts line 2 cannot be read: a bracket is not closed"),
        ("a = 1;\n}", "line 2 cannot be read: a bracket closes nothing"),
        ("a = (1];", "line 1 cannot be read: a bracket closes nothing"),
        ('a = "x\n";', "line 1 cannot be read: a text is not closed"),
        ("a = `x${`", "line 1 cannot be read: a text is not closed"),
        ("[" * 300, "nested too deeply"),
        ("//" + "x" * 1_000_001, "is larger than 1 MB"),
    ],
)
def test_a_script_that_cannot_be_read_is_told_with_its_line(tmp_path, text, what):
    with pytest.raises(UsageError, match=what):
        project(tmp_path, **{"sst.config.ts": text})


def test_paths_stay_inside_the_project(tmp_path):
    text = 'import "../../../etc/x";\nf({ handler: "../../x.handler", runtime: "python3.12" })'
    (found,) = project(tmp_path / "app", **{"sst.config.ts": text}).functions
    assert "leads out of the project" in found.problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f({ handler: 'a' })", {"handler": "a"}),
        ("f({ handler: 'it\\'s', n: 1_024, x: -1.5 })", {"handler": "it's", "n": 1024, "x": -1.5}),
        ("f({ handler: 'a', l: ['b', true, null,], o: {k: 'v'} })",
         {"handler": "a", "l": ["b", True, None], "o": {"k": "v"}}),
        ("f({ handler: `a` /* why */, // so\n b: 'c' })", {"handler": "a", "b": "c"}),
        ("f({ handler: 'a', run() { return {b: 1}; }, 'c': 'd' })", {"handler": "a", "c": "d"}),
        ("f({ handler: 'a', [key]: 1, async go(x) {}, c: 2 })", {"handler": "a", "c": 2}),
    ],
)  # fmt: skip
def test_literals_are_read(text, expected):
    (found,) = objects_with(text, frozenset({"handler"}), "a.ts")
    assert {key: found.values[key] for key in expected} == expected
    assert found.callee == "f"
