"""The GitHub Action: valid by its schema, and its shell steps run as a runner would run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from importcost import __version__
from importcost.reports.gate.picture import PICTURE_END, PICTURE_START
from tests.app.comment.stand_in import serving, variables
from tests.harness import PATIENCE_S, write_files

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
CONFIG = '[handlers.orders]\nhandler = "handler.py"\n'
WORK = "sum(range(1_500_000))\n"
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
if [ -n "$GH_FAILS" ]; then exit 1; fi
for body; do case "$body" in body=@*) cat "${body#body=@}" >> "$GH_LOG";; esac; done
case "$*" in *--jq*) printf '%s' "$GH_COMMENT";; esac
"""


class Runner:
    """Enough of a runner: expressions, files for outputs and variables, and bash."""

    def __init__(self, folder, repository, **inputs):
        self.inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()}
        self.inputs.update(inputs)
        self.repository = repository
        self.outputs = {}
        self.variables = {}
        self.event = {"number": "7", "base": "main", "before": ""}
        self.temp = folder / "temp"
        self.log = folder / "gh.log"
        for one in ("temp", "bin", "tmp"):
            (folder / one).mkdir()
        self.bin = folder / "bin"
        self.script("gh", GH)
        self.environment = {
            **os.environ,
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(folder / "tmp"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GH_LOG": str(self.log),
            "GITHUB_WORKFLOW": "Pull requests",
            "IMPORTCOST_CACHE_DIR": str(folder / "cache"),
        }
        for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"):
            (folder / name).write_text("")
            self.environment[name] = str(folder / name)

    def script(self, name, text):
        file = self.bin / name
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def value(self, expression):
        known = {
            "github.action_path": str(ROOT),
            "github.event.pull_request.base.sha": self.event["base"],
            "github.event.pull_request.head.sha": self.event.get("head", ""),
            "github.event.pull_request.number": self.event["number"],
            "github.event.before": self.event["before"],
            "github.repository": "shop/orders",
            "github.job": "gate",
            "strategy.job-index": "0",
            "github.token": "token",
            **{f"inputs.{name}": value for name, value in self.inputs.items()},
            "steps.compare.outputs.code": self.outputs.get("code", ""),
            "steps.compare.outputs.folder": self.outputs.get("folder", ""),
            "steps.compare.outputs.name": self.outputs.get("name", ""),
        }
        if " && " in expression:
            found = [known[one] for one in expression.split(" && ")]
            return found[-1] if all(found) else ""
        return next((known[one] for one in expression.split(" || ") if known[one]), "")

    def step(self, name):
        (found,) = [one for one in STEPS if one["name"] == name]
        assert found["shell"] == "bash"
        env = {
            key: EXPRESSION.sub(lambda match: self.value(match[1]), value)
            for key, value in found.get("env", {}).items()
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
            cwd=self.repository,
            env={**self.environment, **self.variables, **env},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        self.variables.update(self._pairs("GITHUB_ENV"))
        self.outputs.update(self._pairs("GITHUB_OUTPUT"))
        return done

    def _pairs(self, name):
        lines = Path(self.environment[name]).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def summary(self):
        return Path(self.environment["GITHUB_STEP_SUMMARY"]).read_text()

    def use_this_importcost(self):
        venv = self.temp / "importcost-venv" / "bin"
        venv.mkdir(parents=True)
        tool = venv / "importcost"
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m importcost "$@"\n')
        tool.chmod(0o755)


def git(folder, *args):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(
        ["git", *identity, "-c", "init.defaultBranch=main", *args],
        cwd=folder,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        check=True,
    )


def commit_at(folder, name):
    done = subprocess.run(
        ["git", "rev-parse", name], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def runner(tmp_path):
    def make(head, **inputs):
        origin = write_files(tmp_path / "origin", {"handler.py": WORK, "importcost.toml": CONFIG})
        git(origin, "init", "--quiet")
        git(origin, "add", "-A")
        git(origin, "commit", "--quiet", "-m", "base")
        git(origin, "checkout", "--quiet", "-b", "feature")
        write_files(origin, {"handler.py": head})
        git(origin, "commit", "--quiet", "--allow-empty", "-a", "-m", "head")
        clone = ["clone", "--quiet", "--depth", "1", "--branch", "feature"]
        git(tmp_path, *clone, origin.as_uri(), "checkout")
        made = Runner(tmp_path, tmp_path / "checkout", pairs="8", **inputs)
        made.use_this_importcost()
        return made

    return make


def test_the_action_is_valid_by_its_schema():
    schema = json.loads((ROOT / "tests/data/github-action.json").read_text())
    jsonschema.Draft7Validator(schema).validate(ACTION)


def test_no_expression_stands_in_a_script():
    scripts = [one["run"] for one in STEPS if "run" in one]
    assert scripts
    assert not any("${{" in script for script in scripts)


def test_every_script_parses():
    for step in STEPS:
        if "run" in step:
            done = subprocess.run(
                ["bash", "-n", "-c", step["run"]], capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_slower_pull_request_is_reported_everywhere_and_fails(runner):
    made = runner(WORK * 10)
    fetched = made.step("Fetch the base")
    assert fetched.returncode == 0, fetched.stderr
    compared = made.step("Compare")
    assert compared.returncode == 0, compared.stderr
    assert made.outputs["code"] == "1"
    assert "::error file=handler.py" in compared.stdout
    assert "Init is slower" in made.summary()
    folder = Path(made.outputs["folder"])
    assert {one.name for one in folder.iterdir()} == {
        "comment.md", "junit.xml", "importcost.sarif", "change.svg",
        "orders.html", "orders.base.json", "orders.head.json",
    }  # fmt: skip
    commented = made.step("Comment")
    assert commented.returncode == 0
    assert "--method POST repos/shop/orders/issues/7/comments" in made.log.read_text()
    assert made.step("Result").returncode == 1
    assert list(Path(made.environment["TMPDIR"]).iterdir()) == []


def test_an_earlier_comment_is_renewed(runner):
    made = runner(WORK)
    folder = made.temp
    (folder / "comment.md").write_text("<!-- importcost-check -->\ntext\n")
    made.outputs["folder"] = str(folder)
    made.environment["GH_COMMENT"] = "41\n42\n"
    assert made.step("Comment").returncode == 0
    assert "--paginate" in made.log.read_text()
    assert "--method PATCH repos/shop/orders/issues/comments/42" in made.log.read_text()


def test_the_picture_takes_the_place_of_the_bars_where_the_token_may_keep_it(runner):
    made = runner(WORK)
    made.outputs.update(folder=str(made.temp), name="gate")
    text = f"<!-- importcost-check -->\n{PICTURE_START}\n```text\n█\n```\n{PICTURE_END}\n"
    (made.temp / "change.svg").write_text("<svg/>")
    with serving("github") as state:
        given = variables(state)
        del given["GITHUB_TOKEN"]
        made.environment.update(given)
        state.denies = ("POST",)
        (made.temp / "comment.md").write_text(text)
        assert made.step("Picture").returncode == 0
        assert (made.temp / "comment.md").read_text() == text
        state.denies = ()
        assert made.step("Picture").returncode == 0
        commit = state.refs["pictures"]
    assert f"/shop/orders/raw/{commit}/7/gate.svg)" in (made.temp / "comment.md").read_text()
    (made.temp / "change.svg").unlink()
    assert made.step("Picture").returncode == 0


def use(made, **inputs):
    """Run the steps that name things, with a command that leaves a comment of the usual form."""
    made.inputs.update(inputs)
    made.variables["IMPORTCOST_BASE"] = "main"
    tool = made.temp / "importcost-venv/bin/importcost"
    tool.write_text(
        '#!/bin/sh\nwhile [ "$1" != --markdown ]; do shift; done\n'
        "printf '<!-- importcost-check -->\\n### importcost: fine\\n' > \"$2\"\n"
    )
    made.log.write_text("")
    assert made.step("Compare").returncode == 0
    done = made.step("Comment")
    assert (done.returncode, done.stderr) == (0, "")
    return made.outputs["name"], made.outputs["folder"], made.log.read_text()


def test_two_uses_in_a_job_share_no_folder_artifact_or_comment(runner):
    made = runner(WORK)
    first, second, named = use(made), use(made), use(made, name='a/b "c" $(id)')
    assert [name for name, _, _ in (first, second, named)] == [
        "importcost-gate-0", "importcost-gate-0-2", "a-b--c----id-",
    ]  # fmt: skip
    assert len({folder for _, folder, _ in (first, second, named)}) == 3
    for name, folder, log in (first, second, named):
        marker = f"<!-- importcost-check Pull-requests {name} -->"
        assert f'startswith("{marker}")' in log
        title = f" ({name})" if name == named[0] else ""
        assert f"{marker}\n### importcost{title}: fine\n" in log
        assert Path(folder, "comment.md").exists()
    (upload,) = [one for one in STEPS if one.get("uses", "").startswith("actions/upload-artifact")]
    assert upload["with"]["name"] == "${{ steps.compare.outputs.name }}"
    assert upload["with"]["path"] == "${{ steps.compare.outputs.folder }}"


def test_without_the_permission_the_comment_is_left_out(runner):
    made = runner(WORK)
    (made.temp / "comment.md").write_text("<!-- importcost-check -->\ntext\n")
    made.outputs["folder"] = str(made.temp)
    made.environment["GH_FAILS"] = "1"
    done = made.step("Comment")
    assert done.returncode == 0
    assert "::notice::importcost: no permission to comment" in done.stdout


def test_inputs_reach_the_command_as_they_are_written(runner):
    made = runner(
        WORK, handlers="a.py b.py", install="x '{target}' $(id)", strict="true", config="c"
    )
    made.variables["IMPORTCOST_BASE"] = "main"
    tool = made.temp / "importcost-venv/bin/importcost"
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/args"\nexit 3\n')
    assert made.step("Compare").returncode == 0
    args = (made.temp / "args").read_text().splitlines()
    assert args[-2:] == ["main", "HEAD"]
    assert args[args.index("--install") + 1] == "x '{target}' $(id)"
    assert [args[at + 1] for at, one in enumerate(args) if one == "--handler"] == ["a.py", "b.py"]
    assert {"--strict", "--merge-base"} < set(args)
    assert made.step("Result").returncode == 3


@pytest.mark.parametrize("named", ["", "feature"])
def test_a_merged_pull_request_is_compared_with_what_it_was_merged_into(runner, named):
    made = runner(WORK * 2, base=named)
    folder = made.repository
    git(folder, "fetch", "--quiet", "--unshallow", "origin", "main:main")
    git(folder, "checkout", "--quiet", "main")
    made.event.update(base=commit_at(folder, "HEAD"), head=commit_at(folder, "feature"))
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "merged by others since the event")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "merge", "feature")
    assert made.step("Fetch the base").returncode == 0
    assert made.variables["IMPORTCOST_BASE"] == (named or commit_at(folder, "main~1"))


@pytest.mark.parametrize("before", ["", "0" * 40])
def test_an_event_without_a_base_is_said(runner, before):
    made = runner(WORK)
    made.event.update(base="", before=before)
    done = made.step("Fetch the base")
    assert done.returncode == 2
    assert "name one with the input base" in done.stdout


@pytest.mark.parametrize("package", ["", "importcost-lambda==0"])
def test_the_action_installs_the_version_that_it_belongs_to(runner, package):
    made = runner(WORK, package=package)
    made.script("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    shutil.rmtree(made.temp / "importcost-venv")
    done = made.step("Install importcost")
    tool = made.temp / "importcost-venv/bin/importcost"
    if package:  # another one is another one's matter
        assert done.returncode != 0
        assert not tool.exists()
        return
    assert done.returncode == 0, done.stderr
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    assert said == f"importcost, version {__version__}\n"


def test_importcost_gets_an_environment_of_its_own(runner):
    made = runner(WORK, package="some-package")
    made.script("python", '#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/python.log"\n')
    pip = made.temp / "importcost-venv/bin/python"
    pip.write_text('#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/python.log"\n')
    pip.chmod(0o755)
    assert made.step("Install importcost").returncode == 0
    assert (made.temp / "python.log").read_text().splitlines() == [
        f"-m venv {made.temp}/importcost-venv",
        "-m pip install --quiet some-package",
    ]
