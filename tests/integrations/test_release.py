"""A release: its workflow is checked, and its shell steps run as a runner would run them."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from importcost import __version__
from tests.harness import PATIENCE_S, write_files

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
JOBS = WORKFLOW["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TAG = f"v{__version__}"
LEFT_OUT = (
    ".git", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", ".import_linter_cache", "dist", "build",
)  # fmt: skip
TODAY = date(2026, 12, 1)
INIT = '"""A package."""\n\n__version__ = "1.2.0"\n'
CHANGELOG = (
    "# Changelog\n\n## 1.2.0 - 2026-12-01\n\n- One.\n  Two.\n\n## 1.1.0 - 2026-01-01\n\n- Old.\n"
)


def step_named(name):
    (found,) = [step for step in STEPS if step.get("name") == name]
    return found


class Machine:
    """A runner's folders and variables, and a checkout of a tag on main."""

    def __init__(self, folder):
        self.temp, self.tools = folder / "temp", folder / "bin"
        self.checkout = folder / "checkout"
        for one in (self.temp, self.tools):
            one.mkdir()
        self.variables = {
            **os.environ,
            "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_WORKSPACE": str(self.checkout),
            "GITHUB_REF_NAME": TAG,
            "GITHUB_OUTPUT": str(folder / "output"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "LOWEST": sys.executable,
        }
        self.script("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    def script(self, name, text):
        file = self.tools / name
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def check_out(self):
        shutil.copytree(ROOT, self.checkout, ignore=shutil.ignore_patterns(*LEFT_OUT))
        changelog = self.checkout / "CHANGELOG.md"
        head = f"## {__version__} - {date.today()}"  # noqa: DTZ011
        text = re.sub(rf"(?m)^## {re.escape(__version__)} - .*$", head, changelog.read_text())
        changelog.write_text(text)
        self.git("init", "--quiet")
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", "release")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.variables["GITHUB_SHA"] = self.git("rev-parse", "HEAD")

    def git(self, *args):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(
            ["git", *identity, "-c", "init.defaultBranch=main", *args],
            cwd=self.checkout, env=self.variables, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def step(self, name, **more):
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step_named(name)["run"]],
            cwd=self.checkout, env={**self.variables, **more}, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip


def test_the_workflow_is_valid_by_its_schema():
    schema = json.loads((ROOT / "tests/data/github-workflow.json").read_text())
    # YAML 1.1 reads the key `on` as true.
    named = {"on" if key is True else key: value for key, value in WORKFLOW.items()}
    jsonschema.Draft7Validator(schema).validate(named)


def test_each_job_may_do_what_its_steps_need_and_no_more():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert {name: job["permissions"] for name, job in JOBS.items() if "permissions" in job} == {
        "attest": {"id-token": "write", "attestations": "write"},
        "publish": {"id-token": "write"},
        "release": {"contents": "write"},
    }
    # A job that may sign, publish or write runs no code of the repository or its dependencies.
    for name in ("attest", "publish", "release"):
        assert not any("checkout" in step.get("uses", "") for step in JOBS[name]["steps"]), name
    assert "secrets." not in TEXT


def test_each_action_is_pinned_by_a_commit_and_its_version():
    used = re.findall(r"uses: (\S+)(.*)", TEXT)
    assert len(used) == sum("uses" in step for step in STEPS)
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    versions = dict(used)
    assert len({action.split("@")[0] for action in versions}) == len(versions)


def test_the_jobs_come_one_after_the_other_and_share_one_build():
    order = ["build", "try", "attest", "publish", "release"]
    assert list(JOBS) == order
    assert [JOBS[name]["needs"] for name in order[1:]] == order[:-1]
    builds = [step for step in STEPS if "-m build" in step.get("run", "")]
    assert builds == [step_named("Build")]


def test_no_expression_stands_in_a_script_and_each_parses():
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert len(scripts) >= 8
    for script in scripts:
        assert "${{" not in script
        done = subprocess.run(["bash", "-n", "-c", script], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_lowest_and_the_newest_python_are_tried():
    matrix = JOBS["try"]["strategy"]["matrix"]
    project = (ROOT / "pyproject.toml").read_text()
    assert f'requires-python = ">={matrix["python"][0]}"' in project
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    tested = ci["jobs"]["fast"]["strategy"]["matrix"]["python"]
    assert [tested[0], tested[-1]] == matrix["python"]
    assert set(matrix["form"]) == {"whl", "tar.gz"}


NOTES = runpy.run_path(str(ROOT / "release/notes.py"))


def test_the_notes_are_the_versions_own_section():
    assert NOTES["notes_of"]("v1.2.0", INIT, CHANGELOG, TODAY) == "- One.\n  Two.\n"


@pytest.mark.parametrize(
    ("tag", "change", "why"),
    [
        ("v1.2.1", ("", ""), "version in src/importcost/__init__.py is 1.2.0"),
        ("1.2.0", ("", ""), "The tag is 1.2.0"),
        ("v1.2.0", ("1.2.0", "1.2.0rc1"), "no section 1.2.0"),
        ("v1.2.0", ("2026-12-01", "unreleased"), "dated unreleased"),
        ("v1.2.0", ("2026-12-01", "2026-13-01"), "dated 2026-13-01"),
        ("v1.2.0", ("2026-12-01", "2026-W49-2"), "dated 2026-W49-2"),
        ("v1.2.0", ("2026-12-01", "2027-12-01"), "is of 2027-12-01"),
        ("v1.2.0", ("- One.\n  Two.\n", ""), "is empty"),
        ("v1.2.0", (CHANGELOG, ""), "no section"),
    ],
)
def test_a_release_that_is_not_in_order_is_refused(tag, change, why):
    with pytest.raises(NOTES["NotInOrderError"], match=re.escape(why)):
        NOTES["notes_of"](tag, INIT, CHANGELOG.replace(*change), TODAY)


def test_the_changelog_has_a_section_of_this_version():
    version, _, text = NOTES["SECTION"].findall((ROOT / "CHANGELOG.md").read_text())[0]
    assert version == __version__
    assert text.strip().startswith("- ")


def test_the_actions_tag_in_the_documents_is_the_version():
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    used = [
        found
        for file in documents
        for found in re.findall(r"uses: \S*/importcost@(\S+)", file.read_text(encoding="utf-8"))
    ]
    assert set(used) == {TAG}


def test_the_project_takes_its_version_from_the_package():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert '[tool.hatch.version]\npath = "src/importcost/__init__.py"\n' in project
    places = [ROOT / "src", ROOT / "release", *ROOT.glob("*.toml"), ROOT / "noxfile.py"]
    files = [
        file for place in places for file in ([place] if place.is_file() else place.rglob("*.*"))
    ]
    literal = f'"{__version__}"'
    texts = {file: file.read_text("utf-8") for file in files if file.suffix in {".py", ".toml"}}
    assert [file.name for file, text in texts.items() if literal in text] == ["__init__.py"]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A machine on which the steps of the job `build` ran, each of which must have passed."""
    machine = Machine(tmp_path_factory.mktemp("release"))
    machine.check_out()
    for name in ("Check the tag", "Build", "List what the wheel brings"):
        done = machine.step(name)
        assert done.returncode == 0, done.stderr[-4000:]
    return machine


def built(machine, suffix):
    (file,) = (machine.checkout / "dist").glob(f"*{suffix}")
    return file


@pytest.mark.slow
def test_the_wheel_holds_the_package_whole_and_nothing_else(released):
    with zipfile.ZipFile(built(released, ".whl")) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(f"importcost_lambda-{__version__}.dist-info/METADATA").decode()
    kept = re.compile(r".*(__pycache__|\.pyc$|js/package\.json$).*")
    expected = {
        f"importcost/{file.relative_to(top).as_posix()}"
        if top.name == "importcost"
        else f"importcost/templates/{file.relative_to(top).as_posix()}"
        for top in (ROOT / "src/importcost", ROOT / "templates")
        for file in top.rglob("*")
        if file.is_file() and not kept.match(file.as_posix())
    }
    man = f"importcost_lambda-{__version__}.data/data/share/man/man1/"
    expected |= {f"{man}{file.name}" for file in (ROOT / "release/man").glob("*.1")}
    info = f"importcost_lambda-{__version__}.dist-info/"
    facts = ("METADATA", "WHEEL", "entry_points.txt", "RECORD", "licenses/LICENSE")
    assert names == expected | {info + name for name in facts}
    for name in ("py.typed", "probe/probe.py", "templates/report.html.j2"):
        assert f"importcost/{name}" in names
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata


@pytest.mark.slow
def test_the_source_distribution_has_all_that_tests_read_and_no_rubbish(released):
    with tarfile.open(built(released, ".tar.gz")) as archive:
        names = {one.name.partition("/")[2] for one in archive.getmembers() if one.isfile()}
    listed = set(released.git("ls-files").splitlines())
    assert names - listed == {"PKG-INFO"}
    # For those who work on the repository itself.
    left_out = {".pre-commit-config.yaml"}
    assert listed - names == left_out, sorted(listed - names)[:20]
    junk = re.compile(r"(^|/)(__pycache__|\.venv|node_modules|dist|\.DS_Store)(/|$)|\.pyc$")
    assert [name for name in names if junk.search(name)] == []


@pytest.mark.slow
def test_the_notes_and_the_list_of_what_is_brought_are_there(released):
    about = released.checkout / "about"
    assert (about / "notes.md").read_text().startswith("- ")
    (file,) = about.glob("*.cdx.json")
    listed = json.loads(file.read_text())
    assert listed["bomFormat"] == "CycloneDX"
    root = listed["metadata"]["component"]
    assert (root["name"], root["version"]) == ("importcost-lambda", __version__)
    versions = {one["name"].lower(): one["version"] for one in listed["components"]}
    pins = dict(
        line.lower().split("==") for line in (ROOT / "constraints.txt").read_text().splitlines()
    )
    assert {"click", "jinja2", "markupsafe", "packaging", "pyyaml", "snakeviz"} <= set(versions)
    assert "pip" not in versions
    assert {name: pins.get(name) for name in versions} == versions
    (needs,) = [one for one in listed["dependencies"] if one["ref"] == root["bom-ref"]]
    assert len(needs["dependsOn"]) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("form", ["whl", "tar.gz"])
def test_what_was_built_measures_where_the_source_is_not(released, tmp_path, form):
    machine = Machine(tmp_path)
    write_files(machine.checkout, {})
    for name in ("dist", "sample_handlers"):
        shutil.copytree(released.checkout / name, machine.checkout / name)
    subprocess.run([sys.executable, "-m", "venv", machine.temp / "venv"], check=True)
    machine.variables["PATH"] = f"{machine.temp / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"
    for name in ("Install it", "Start it", "Measure with it"):
        done = machine.step(name, FORM=form)
        assert done.returncode == 0, done.stderr[-4000:]
    for page in ("importcost.1", "importcost-profile.1"):
        assert (machine.temp / "venv/share/man/man1" / page).is_file()
    left = {one.name for one in machine.temp.iterdir()}
    assert left == {"venv", "report.html", "profile.json"}


@pytest.mark.slow
def test_the_readmes_first_line_runs_from_another_folder(released, tmp_path):
    """Its install line with the wheel instead of the source, and its command as it stands."""
    (block,) = re.findall(r"```sh\n(.*?importcost profile.*?)```", README, re.DOTALL)[:1]
    command = re.search(r"importcost (profile (sample_handlers/\S+))", block)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    wheel = [tmp_path / "venv/bin/python", "-m", "pip", "install", "-q", built(released, ".whl")]
    subprocess.run(wheel, check=True, capture_output=True)
    shutil.copytree(ROOT / "sample_handlers", tmp_path / "sample_handlers")
    done = subprocess.run(
        [tmp_path / "venv/bin/importcost", *command[1].split()],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A cold start of handler.py bills about ")
    assert (tmp_path / "importcost-report.html").stat().st_size > 10_000


def test_a_tag_off_main_stops_the_release(tmp_path):
    machine = Machine(tmp_path)
    write_files(machine.checkout, {"a": "1"})
    machine.git("init", "--quiet")
    for message in ("main", "aside"):
        machine.git("add", "-A")
        machine.git("commit", "--quiet", "--allow-empty", "-m", message)
        if message == "main":
            machine.git("update-ref", "refs/remotes/origin/main", "HEAD")
    machine.variables["GITHUB_SHA"] = machine.git("rev-parse", "HEAD")
    assert machine.step("Check the tag").returncode == 1
    assert not (machine.checkout / "about").exists()


def test_the_release_gets_all_files_and_the_notes(tmp_path):
    machine = Machine(tmp_path)
    files = {
        "dist/a-1.whl": "",
        "dist/a-1.tar.gz": "",
        "about/a-1.cdx.json": "",
        "about/notes.md": "",
    }
    write_files(machine.checkout, files)
    machine.script("gh", '#!/bin/sh\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/args"\n')
    assert machine.step("Write the release").returncode == 0
    words = (machine.temp / "args").read_text().splitlines()
    assert words == [
        "release", "create", TAG, "--verify-tag", "--title", f"importcost {__version__}",
        "--notes-file", "about/notes.md", "dist/a-1.tar.gz", "dist/a-1.whl", "about/a-1.cdx.json",
    ]  # fmt: skip
    assert machine.step("Find the SBOM").returncode == 0
    assert Path(machine.variables["GITHUB_OUTPUT"]).read_text() == "path=about/a-1.cdx.json\n"
