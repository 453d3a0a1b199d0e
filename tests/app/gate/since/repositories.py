"""Git repositories with handlers, and what `check --since` would take of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from importcost.app.gate.handler_requests import HowToMeasure, configuration, requests_for
from importcost.app.gate.since.plan import SinceRequest, select_since
from importcost.app.projects.configured import chosen_handlers, project_reader
from importcost.gate.baseline import baseline_from_text
from tests.harness import write_files

_NOBODY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder, *args):
    return subprocess.run(
        ["git", "-c", "protocol.file.allow=always", "-C", str(folder), *args],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **_NOBODY},
    ).stdout.strip()


def committed(folder, files):
    """Return a new repository whose branch main has these files."""
    write_files(folder, files)
    git(folder, "init", "--quiet", "-b", "main")
    commit(folder)
    return folder


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def selection_of(folder, ref="main", names=(), notes=None):
    """Return what is taken since a commit, as the command plans it."""
    read = project_reader()
    config = configuration(str(Path(folder) / "importcost.toml"), read, names)
    handlers = chosen_handlers(config, names, read)
    how = HowToMeasure(runner="local")
    file = Path(folder, "importcost-baseline.json")
    baseline = baseline_from_text(file.read_text(), str(file)) if file.exists() else None
    asked = SinceRequest(
        ref, config, handlers, requests_for(config, handlers, how, read), how, str(file), baseline
    )
    return select_since(asked, read, (notes if notes is not None else []).append)


def taken(folder, ref="main", names=()):
    """Return the reasons by handler."""
    return {one.name: one.reasons for one in selection_of(folder, ref, names).taken}
