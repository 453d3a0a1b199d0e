"""The commands that CONTRIBUTING.md names: `pipx run nox -s fast`, `nox -l` lists them."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "fast"]
nox.options.reuse_existing_virtualenvs = True
EACH_PYTHON = "not slow or unhurried"
SIDE_BY_SIDE = ("-n", "auto")
FLOOR_PERCENT = "80"
"""Smallest share of statements that they may cover on one Python, as CONTRIBUTING.md tells."""


def _install(session: nox.Session, *extra: str) -> None:
    session.install("-c", "constraints.txt", "-e", ".[test]", *extra)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and which room imports which."""
    _install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def fast(session: nox.Session) -> None:
    """Run the tests that need no container engine, no browser and no stopwatch."""
    _install(session)
    session.run("pytest", *SIDE_BY_SIDE, "-m", EACH_PYTHON, *session.posargs)


@nox.session(python=["3.10", "3.14"])
def lowest(session: nox.Session) -> None:
    """Run the same tests with the lowest version of everything that pyproject.toml names."""
    session.install("uv>=0.5,<1")
    extras = [word for name in ("test", "terraform", "record") for word in ("--extra", name)]
    asked = ("--resolution", "lowest-direct", "-r", "pyproject.toml", *extras)
    session.run("uv", "pip", "install", *asked, env={"VIRTUAL_ENV": session.virtualenv.location})
    session.install("--no-deps", "-e", ".")
    session.run("pytest", *SIDE_BY_SIDE, "-m", EACH_PYTHON, *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Ask PyPI's advisory database about every version that constraints.txt names."""
    session.install("pip-audit>=2.7,<3")
    session.run("pip-audit", "-r", "constraints.txt", "--no-deps", "--disable-pip")


@nox.session
def whole(session: nox.Session) -> None:
    """Run every test that can run here; the others say why they are skipped."""
    _install(session)
    session.run("pytest", *SIDE_BY_SIDE, *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure what the tests of each Python cover, and fail below the floor."""
    _install(session, "pytest-cov>=5,<8")  # the version is in constraints.txt
    floor = f"--cov-fail-under={FLOOR_PERCENT}"
    report = ("--cov=importcost", "--cov-report=term:skip-covered", floor)
    session.run("pytest", *SIDE_BY_SIDE, "-m", EACH_PYTHON, *report)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build source distribution and wheel, and try each where the source is not at hand."""
    session.install("-c", "constraints.txt", "build>=1.2,<2")
    folder = Path(session.create_tmp())
    shutil.rmtree(folder / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(folder / "dist"))
    handler = Path(__file__).parent / "sample_handlers" / "hello" / "handler.py"
    for built in sorted((folder / "dist").iterdir()):
        # Forced: the environment may still have an older build of the same version.
        session.install("--force-reinstall", "-c", "constraints.txt", str(built))
        with session.chdir(folder):
            session.run("importcost", "profile", str(handler))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into site/, or serve it: `nox -s docs -- serve`."""
    session.install("-c", "constraints.txt", "-e", ".[docs]")
    words = session.posargs or ["build", "--strict"]
    session.run("mkdocs", *words, env={"NO_MKDOCS_2_WARNING": "1"})
