"""How many handlers of a public collection `importcost profile` measures without an option.

    python tests/benchmarks/bench_public_handlers.py CHECKOUT [CHECKOUT ...] --results FILE.jsonl
        [--environment DIR] [--sample 60 --seed 11] [--quick] [--jobs 2] [--again CAUSE]

A checkout is a folder or a git directory (its HEAD is read); nothing is fetched and nothing in
it is written to. A handler is a Python file with a top-level function (event, context), not in a
test folder and not in vendored packages; of files with the same bytes the first one counts. Each
is measured in a copy of its project by its own process in a bare virtual environment that holds
importcost only, with its own cache. Handlers that fail for missing packages are run again with
the `--with` options that the message names. Results are appended, so a run that was stopped
goes on where it was.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 900.0
"""For one process with its installations; far above what any handler here takes."""
ROUNDS = 4
PREFERRED = ("lambda_handler", "handler", "main")
SIGNATURE = re.compile(rb"^(?:async )?def (\w+)\(\s*_*event\b[^,)]*,\s*_*context\b", re.MULTILINE)
NOT_HANDLERS = re.compile(
    r"(^|/)(tests?|__tests__|site-packages|dist-packages|node_modules|dependencies/python"
    r"|layers?/(.*/)?python)/|(^|/)(test_[^/]*|[^/]*_test|conftest|setup)\.py$"
)
PROJECT_FILES = re.compile(
    r"(template.*\.ya?ml|template.*\.json|serverless\.ya?ml|cdk\.json|[^/]*\.tf|pyproject\.toml"
    r"|samconfig\.toml|package\.json|README[^/]*)$",
    re.IGNORECASE,
)
RUNTIME = frozenset(
    ("boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil", "six", "awslambdaric")
) | {"snapshot_restore_py", "simplejson"}
CAUSES = (
    (r"importcost itself failed", "importcost itself failed"),
    (r"calls out while it is imported", "calls AWS or the network"),
    (r"does not parse", "does not parse"),
    (r"has no function", "no such function"),
    (r"name of Python's own module", "name of a standard module"),
    (r"did not end within", "time limit"),
    (r"up to 3\.\d+, and|on the same Python", "made for another Python"),
    (r"UnknownServiceError", "needs a newer boto3 than the runtime's"),
    (r"which lies in", "module of a layer or another folder of the project"),
    (r"will not have (?:it|them|by)", "module that the requirements leave out"),
    (r"needs the modules? ", "module that nothing holds"),
    (r"environment variable|placeholder", "environment variable"),
    (r"Installing .* failed|cannot be installed", "installation"),
    (r"crashed with|ended the interpreter|sys\.exit", "ends the interpreter"),
    (r"Importing .* raised", "error of its own"),
)
PLAIN = ("repo", ".git")
"""Folder names that say nothing about what a collection is."""
NOT_HERE = ("calls AWS or the network", "does not parse")


@dataclass(frozen=True, slots=True)
class Handler:
    """One handler of a collection; paths are relative to the collection."""

    collection: str
    path: str
    function: str
    project: str


@dataclass(frozen=True, slots=True)
class Imports:
    """The top-level names that a handler's module-level code needs, by who holds them."""

    requirements: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class Result:
    """What one handler's profile came to; `with_options` is the second run's."""

    handler: Handler
    imports: Imports
    version: str
    exit_code: int | None
    seconds: float
    cause: str
    message: str
    notes: str
    figures: dict = field(default_factory=dict)
    with_options: dict | None = None


class Collection:
    """A folder or git directory, read only."""

    def __init__(self, source: Path) -> None:
        self.source = source.resolve()
        is_git_directory = (self.source / "HEAD").is_file() and (self.source / "objects").is_dir()
        self._git = ["git", "--git-dir", str(self.source)] if is_git_directory else None
        named = next(one for one in (self.source, *self.source.parents) if one.name not in PLAIN)
        self.name = named.name.removesuffix(".git")
        self.files = frozenset(self._names())

    def revision(self) -> str:
        if self._git is None:
            return "folder"
        return _output([*self._git, "rev-parse", "HEAD"]).decode().strip()

    def _names(self) -> Iterator[str]:
        if self._git:
            listed = _output([*self._git, "ls-tree", "-r", "-z", "--name-only", "HEAD"])
            yield from (name for name in listed.decode().split("\0") if name)
            return
        for path in self.source.rglob("*"):
            if path.is_file() and ".git" not in path.parts:
                yield path.relative_to(self.source).as_posix()

    def read_python(self) -> Iterator[tuple[str, bytes]]:
        """Give the path and bytes of every Python file."""
        names = sorted(name for name in self.files if name.endswith(".py"))
        if self._git is None:
            for name in names:
                yield name, (self.source / name).read_bytes()
            return
        if not names:
            return
        archive = _output([*self._git, "archive", "HEAD", "--", "*.py"])
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in sorted(tar, key=lambda member: member.name):
                file = tar.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name, file.read()

    def copy(self, folder: str, to: Path) -> None:
        """Copy one folder of the collection into `to`, at the same relative path."""
        if self._git is None:
            shutil.copytree(self.source / folder, to / folder, symlinks=True)
            return
        for path, data in self._blobs(folder):
            file = to / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def _blobs(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Give the files below a folder; those that a partial copy of the repository lacks not."""
        listed = _output([*(self._git or ()), "ls-tree", "-r", "-z", "HEAD", "--", folder])
        entries = [entry.split("\t", 1) for entry in listed.decode().split("\0") if entry]
        blobs = [(head.split()[2], path) for head, path in entries if head.split()[1] == "blob"]
        command = [*(self._git or ()), "cat-file", "--batch"]
        asked = "".join(f"{digest}\n" for digest, _ in blobs).encode()
        answer = io.BytesIO(
            subprocess.run(command, input=asked, capture_output=True, check=True).stdout
        )
        for _, path in blobs:
            head = answer.readline().split()
            if head[1] != b"missing":
                yield path, answer.read(int(head[2]))
                answer.readline()

    def project_of(self, path: str) -> str:
        """Return the outermost folder above a file that has a deployment file or a README.

        The collection's root and folders that only sort projects (README, no deployment file,
        other projects below) are none: the first folder with either counts.
        """
        parents = [str(folder) for folder in PurePosixPath(path).parents if str(folder) != "."]
        for folder in reversed(parents):
            own = (name for name in self._in(folder) if PROJECT_FILES.fullmatch(name))
            if any(not name.upper().startswith("README") for name in own):
                return folder
        return parents[0] if parents else "."

    def _in(self, folder: str) -> Iterator[str]:
        prefix = folder + "/"
        for name in self.files:
            if name.startswith(prefix) and "/" not in name[len(prefix) :]:
                yield name[len(prefix) :]


def _output(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def find_handlers(collection: Collection) -> list[Handler]:
    """Return the collection's handlers by the rule in this file's head."""
    handlers, seen = [], set[bytes]()
    for path, text in collection.read_python():
        if NOT_HANDLERS.search(path):
            continue
        functions = _functions(text)
        digest = hashlib.sha256(text).digest()
        if not functions or digest in seen:
            continue
        seen.add(digest)
        function = next((name for name in PREFERRED if name in functions), functions[0])
        project = collection.project_of(path)
        handlers.append(Handler(collection.name, path, function, project))
    return handlers


def _functions(text: bytes) -> list[str]:
    """Return the names of a file's top-level functions (event, context)."""
    try:
        tree = _parse(text)
    except (SyntaxError, ValueError):  # written for another Python
        return [name.decode() for name in SIGNATURE.findall(text)]
    names = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parameters = [p.arg.strip("_") for p in node.args.posonlyargs + node.args.args]
            if parameters == ["event", "context"]:
                names.append(node.name)
    return names


def _parse(text: bytes) -> ast.Module:
    with warnings.catch_warnings(action="ignore"):  # of escapes in other people's strings
        return ast.parse(text)


def classify(file: Path, project: Path, known: dict[str, str]) -> Imports:
    """Say who holds what the handler and its own modules import when they are imported."""
    required = set(_required(file, project))
    held: dict[str, set[str]] = {name: set() for name in Imports.__dataclass_fields__}
    for name in _outside_names(file, project):
        distribution = known.get(name, name)
        if {_normal(name), _normal(distribution)} & required:
            held["requirements"].add(name)
        elif name in RUNTIME:
            held["runtime"].add(name)
        elif name in known:
            held["known"].add(name)
        elif _lies_in(project, name):
            held["project"].add(name)
        else:
            held["unknown"].add(name)
    return Imports(**{kind: tuple(sorted(names)) for kind, names in held.items()})


def _outside_names(file: Path, project: Path) -> set[str]:
    """Return the top-level names that are neither the standard library's nor beside the file."""
    outside, pending, seen = set[str](), [file], set[Path]()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        for name in _module_level_imports(current):
            parts = name.split(".")
            own = _own_module(parts, file, project)
            if own:
                pending.extend(own)
            elif parts[0] not in sys.stdlib_module_names:
                outside.add(parts[0])
    return outside


def _own_module(parts: list[str], file: Path, project: Path) -> list[Path]:
    """Return the files of a module that lies beside the handler or above it in its project."""
    folder = file.parent
    while True:
        found = []
        for length in range(1, len(parts) + 1):
            base = folder.joinpath(*parts[:length])
            places = (base.with_name(base.name + ".py"), base / "__init__.py")
            found += [place for place in places if place.is_file()]
        if found or ((folder / parts[0]).is_dir() and any((folder / parts[0]).glob("*.py"))):
            return found
        if folder in (project, folder.parent):
            return []
        folder = folder.parent


def _module_level_imports(file: Path) -> Iterator[str]:
    try:
        tree = _parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending.extend(node.orelse)
        elif isinstance(node, ast.Try):  # what is caught may be missing
            pending.extend(node.orelse + node.finalbody)
            pending.extend([] if _catches_import(node) else node.body)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))


def _catches_import(node: ast.Try) -> bool:
    names = ("ImportError", "ModuleNotFoundError", "Exception")
    return any(
        handler.type is None or any(name in ast.dump(handler.type) for name in names)
        for handler in node.handlers
    )


def _required(file: Path, project: Path) -> Iterator[str]:
    """Give the normalised names in the requirements beside the handler or in its service's root.

    A file beside cdk.json or a template names what deploys the function, not what it imports.
    """
    folder = file.parent
    while True:
        is_service = any(
            (folder / name).is_file() for name in ("serverless.yml", "serverless.yaml")
        )
        requirements = folder / "requirements.txt"
        if requirements.is_file() and (folder == file.parent or is_service):
            for line in requirements.read_text("utf-8", "replace").splitlines():
                found = re.match(r"\s*([A-Za-z0-9][\w.-]*)", line)
                if found:
                    yield _normal(found[1])
        if folder in (project, folder.parent):
            return
        folder = folder.parent


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _lies_in(project: Path, name: str) -> bool:
    return any(project.rglob(f"{name}.py")) or any(
        path.is_dir() for path in project.rglob(name) if "node_modules" not in path.parts
    )


def known_modules() -> dict[str, str]:
    """Return importcost's own data: a module's top-level name to its distribution."""
    data = ROOT / "src" / "importcost"
    for file in data.rglob("data/*distributions*.json"):
        return _modules_in(json.loads(file.read_text("utf-8")))
    return {}


def _modules_in(data: dict) -> dict[str, str]:
    modules = data.get("modules", data.get("distributions", data))
    return {name.split(".")[0]: str(dist) for name, dist in modules.items()}


def make_environment(folder: Path) -> Path:
    """Return the importcost command of a bare environment, made or brought up to date."""
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--disable-pip-version-check", str(ROOT)], check=True)
    again = ["--force-reinstall", "--no-deps", "--no-cache-dir", str(ROOT)]
    subprocess.run([*pip, "--disable-pip-version-check", *again], check=True)
    return folder / "bin" / "importcost"


def measure(
    handler: Handler, collection: Collection, command: Path, cache: Path, options: list[str]
) -> Result:
    """Profile one handler in a copy of its project."""
    with tempfile.TemporaryDirectory(prefix="importcost-public-") as temporary:
        collection.copy(handler.project, Path(temporary))
        project = Path(temporary, handler.project)
        file = Path(temporary, handler.path)
        before = sorted(str(path) for path in project.rglob("*"))
        imports = classify(file, project, known_modules())
        first = _profile(file, handler.function, command, cache, options)
        result = Result(handler, imports, version(), **first)
        result.with_options = _with_what_is_named(
            result.message,
            lambda more: _profile(file, handler.function, command, cache, more),
            options,
        )
        if sorted(str(path) for path in project.rglob("*")) != before:
            result.notes += "\nTHE PROJECT'S FILES CHANGED"
        return result


def _with_what_is_named(
    message: str, profile: Callable[[list[str]], dict], options: list[str]
) -> dict | None:
    """Profile again with the packages that a message names, as long as it names further ones.

    A package may need another only where it is really there, so one round is not always enough.
    """
    given: list[str] = []
    last = None
    for _ in range(ROUNDS):
        named = re.findall(r"--with ([\w.\[\],<>=~!-]+[\w\]])", message)
        new = [name for name in dict.fromkeys(named) if name not in (*given, "NAME")]
        if not new:
            break
        given += new
        more = [part for name in given for part in ("--with", name)]
        last = {"options": more, **profile([*options, *more])}
        message = last["message"]
    return last


def _profile(
    file: Path, function: str, command: Path, cache: Path, options: list[str]
) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="importcost-out-") as folder:
        output = Path(folder, "profile.json")
        argv = [str(command), "profile", f"{file.name}:{function}", "-o", str(output)]
        environment = {
            **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "IMPORTCOST_CACHE_DIR": str(cache),
        }
        started = time.monotonic()
        process = subprocess.Popen(
            ["nice", *argv, "--runner", "local", "--no-progress", *options],
            cwd=file.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            _, stderr = process.communicate(timeout=LIMIT_S)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            _, stderr = process.communicate()
            code = None
        seconds = round(time.monotonic() - started, 1)
        message = _last_error(stderr)
        cause = "measured" if code == 0 else "time limit" if code is None else cause_of(message)
        figures = _figures(output) if code == 0 else {}
    return {
        "exit_code": code,
        "seconds": seconds,
        "cause": cause,
        "message": message,
        "notes": stderr[-3000:],
        "figures": figures,
    }


def _last_error(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith("Error")]
    return lines[-1] if lines else ""


def cause_of(message: str) -> str:
    """Return the class of an error message."""
    return next((cause for mark, cause in CAUSES if re.search(mark, message)), "other")


def _figures(output: Path) -> dict[str, object]:
    profile = json.loads(output.read_text("utf-8"))
    supplies = profile.get("supplies", {})
    return {
        "function_init_us": profile["function_init"]["cpu_us"]["value"],
        "packages": [package["requirement"] for package in supplies.get("packages", ())],
        "placeholders": [placeholder["name"] for placeholder in supplies.get("placeholders", ())],
        "warnings": [warning["code"] for warning in profile["warnings"]],
    }


def version() -> str:
    return _output(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]).decode().strip()


def is_in_class(result: dict) -> bool:
    """Tell whether folder, requirements, runtime and well-known modules hold all it imports."""
    return not result["imports"]["project"] and not result["imports"]["unknown"]


def print_table(results: Iterable[dict]) -> None:
    """Print what the handlers came to: the figure, then the rest by cause."""
    by_collection: dict[str, list[dict]] = {}
    everything = list(results)
    for result in everything:
        if result["exit_code"] not in (0, None):  # rows may be older than the list of causes
            result["cause"] = cause_of(result["message"])
        by_collection.setdefault(result["handler"]["collection"], []).append(result)
    for name, rows in [*by_collection.items(), ("all", everything)]:
        inside = [row for row in rows if is_in_class(row)]
        able = [row for row in inside if row["cause"] not in NOT_HERE]
        good = [row for row in able if row["exit_code"] == 0]
        with_options = [row for row in able if row["exit_code"] != 0 and _helped(row)]
        print(f"\n{name}: {len(rows)} handlers, {sum(r['exit_code'] == 0 for r in rows)} measured")
        print(
            f"of the class: {len(good)} of {len(inside)} ({len(good) / max(1, len(inside)):.1%}); "
            f"less {len(inside) - len(able)} that no machine without a network or no Python can "
            f"import: of {len(able)} ({len(good) / max(1, len(able)):.1%}) without an option, "
            f"{len(good) + len(with_options)} with the --with that the message names"
        )
        if name == "all" and inside:
            share = f"{len(good)} of {len(inside)}"
            tell(class_percent=(100 * len(good) / len(inside), share))
        print("\n| cause | in the class | others | of these with `--with` |\n|---|---|---|---|")
        failed = [row for row in rows if row["exit_code"] != 0]
        for cause, count in Counter(row["cause"] for row in failed).most_common():
            of_cause = [row for row in failed if row["cause"] == cause]
            within = sum(map(is_in_class, of_cause))
            helped = sum(map(_helped, of_cause))
            print(f"| {cause} | {within} | {count - within} | {helped} |")


def _helped(row: dict) -> bool:
    return row["with_options"] is not None and row["with_options"]["exit_code"] == 0


def load(path: Path) -> dict[tuple[str, str], dict]:
    """Return the results so far, the last one of each handler."""
    if not path.exists():
        return {}
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return {(row["handler"]["collection"], row["handler"]["path"]): row for row in rows}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", type=Path, nargs="+")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--environment", type=Path, help="kept for the next run; else temporary")
    parser.add_argument("--cache", type=Path, help="IMPORTCOST_CACHE_DIR; else temporary")
    parser.add_argument("--sample", type=int, help="this many handlers, drawn at random")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=2)
    parser.add_argument("--quick", action="store_true", help="--runs 5")
    parser.add_argument("--again", action="append", default=[], help="a cause to run again; failed")
    parser.add_argument("--only", help="a regular expression for paths")
    parser.add_argument("--list", action="store_true", help="list the handlers, measure nothing")
    return parser.parse_args()


def _is_due(row: dict | None, again: list[str]) -> bool:
    if row is None:
        return True
    return row["cause"] in again or ("failed" in again and row["exit_code"] != 0)


def main() -> None:
    arguments = _arguments()
    collections = {(c := Collection(path)).name: c for path in arguments.checkouts}
    handlers = [h for c in collections.values() for h in find_handlers(c)]
    for name, collection in collections.items():
        count = sum(handler.collection == name for handler in handlers)
        print(f"{name} @{collection.revision()[:9]}: {count} handlers", flush=True)
    if arguments.only:
        handlers = [h for h in handlers if re.search(arguments.only, h.path)]
    if arguments.sample:
        handlers = random.Random(arguments.seed).sample(handlers, arguments.sample)
    if arguments.list:
        for handler in handlers:
            print(f"{handler.collection} {handler.project} {handler.path}:{handler.function}")
        return
    done = load(arguments.results)
    due = [h for h in handlers if _is_due(done.get((h.collection, h.path)), arguments.again)]
    with tempfile.TemporaryDirectory(prefix="importcost-bench-") as temporary:
        command = make_environment(arguments.environment or Path(temporary, "environment"))
        cache = arguments.cache or Path(temporary, "cache")
        _run(due, collections, command, cache.resolve(), arguments)
    results = load(arguments.results)
    names = {(handler.collection, handler.path) for handler in handlers}
    print_table(row for key, row in results.items() if key in names)


def _run(
    due: list[Handler],
    collections: dict[str, Collection],
    command: Path,
    cache: Path,
    arguments: argparse.Namespace,
) -> None:
    """Measure the handlers that are due, and append what each came to at once."""
    options = ["--runs", "5"] if arguments.quick else []

    def one(handler: Handler) -> Result:
        return measure(handler, collections[handler.collection], command, cache, options)

    with (
        ThreadPoolExecutor(arguments.jobs) as pool,
        arguments.results.open("a", encoding="utf-8") as file,
    ):
        for number, result in enumerate(pool.map(one, due), 1):
            file.write(json.dumps(asdict(result)) + "\n")
            file.flush()
            place = f"{number}/{len(due)} {result.seconds:5.1f} s"
            print(f"{place} {result.cause}: {result.handler.path}", flush=True)


if __name__ == "__main__":
    main()
