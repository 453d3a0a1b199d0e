"""Whether edited public handlers do what they did: every edit that `importcost defer` could make.

    python tests/benchmarks/bench_public_deferrals.py CHECKOUT [CHECKOUT ...] --results FILE.jsonl
        --work DIR --python PYTHON [--importcost PYTHON] [--before OTHER.jsonl] [--each 15]

A checkout is a folder or a git directory (its HEAD is read); nothing is fetched. `--python` is an
environment that gets the packages which the handlers need. `--importcost` is the Python that holds
the importcost to try, by default this one. Each handler is judged in a copy of its project; all of
its edits are applied together. The original (twice) and the edited copy are then called with the
same made-up events, in processes that can reach nothing but an endpoint which records each AWS
request and makes up its answer: answers, requests, logs and the state that calls leave must be the
same, except where the original's two runs differ. If they are not, each edit is tried by itself.

Needs Linux and root (network and mount namespaces); the work folder may not lie in /tmp, which the
processes see empty. Results are appended, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from bench_public_handlers import (
    NOT_HANDLERS,
    Collection,
    Handler,
    _normal,
    _parse,
    known_modules,
)
from public_deferrals.compare import differences, requests_made
from public_deferrals.events import (
    ENDPOINT,
    REGION,
    bag_of,
    events_of,
    missed,
    variables_of,
    with_missed,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.tell import tell

HERE = Path(__file__).parent / "public_deferrals"
ANALYSE_LIMIT_S = 180.0
CALL_LIMIT_S = 15.0
LISTS = re.compile(
    r"requirements.*\.txt|Pipfile(\.lock)?|poetry\.lock|uv\.lock|pyproject\.toml|setup\.(py|cfg)"
)
ASSIGNED = re.compile(r"^(lambda_handler|handler)$")
NOT_MODULES = re.compile(r"(^|/)(tests?|__tests__|site-packages|node_modules)/")
MAKES_HANDLERS = re.compile(r"Mangum|[Ll]ambda|\bsb\b|to_handler")
CRAFT = (r"^class ", r"threading|concurrent\.futures|asyncio", r"sqlalchemy|pynamodb|pydantic")


def find_candidates(collection: Collection, each: int) -> list[Handler]:
    """Return handlers, first those with most in them, projects in turn; equal files count once."""
    rated: list[tuple[float, Handler]] = []
    seen: set[bytes] = set()
    for path, text in collection.read_python():
        if NOT_HANDLERS.search(path) or text in seen:
            continue
        function = handler_function(text)
        if function is not None:
            seen.add(text)
            project = collection.project_of(path)
            rated.append((rating(text), Handler(collection.name, path, function, project)))
    ranks: Counter[str] = Counter()
    ordered = []
    for rate, handler in sorted(rated, key=lambda pair: (-pair[0], pair[1].path)):
        ordered.append((ranks[handler.project], -rate, handler))
        ranks[handler.project] += 1
    ordered.sort(key=lambda row: (row[0], row[1], row[2].path))
    return [handler for _, _, handler in ordered[: 2 * each]]


def rating(text: bytes) -> float:
    """Return how much of what people's real code has is in a file."""
    source = text.decode("utf-8", "replace")
    craft = sum(bool(re.search(pattern, source, re.MULTILINE)) for pattern in CRAFT)
    return min(source.count("\n"), 400) / 100 + craft


def handler_function(text: bytes) -> str | None:
    """Return the name of a file's handler: f(event, context), or what a framework's object is."""
    try:
        tree = _parse(text)
    except (SyntaxError, ValueError):
        return None
    names = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            asked = [p.arg for p in node.args.posonlyargs + node.args.args]
            first, second = (*(name.strip("_") for name in asked), "", "")[:2]
            is_call = len(asked) - len(node.args.defaults) <= 2 <= len(asked)
            if is_call and re.search("context|ctx", second) and re.search("event|request", first):
                names.append(node.name)
        elif isinstance(node, ast.Assign) and MAKES_HANDLERS.search(ast.unparse(node.value)):
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
            names += [name for name in targets if ASSIGNED.match(name)]
    preferred = [name for name in names if name in ("lambda_handler", "handler", "main")]
    return (preferred or names or [None])[0]


class Packages:
    """Installs the distributions that handlers need into one environment, each tried once.

    Only well-known modules' distributions and those that a project's own lists name are installed,
    and of these only wheels.
    """

    def __init__(self, python: Path) -> None:
        self.python = python
        self.tried_file = python.parent.parent / "tried.json"
        self.tried: dict[str, bool] = {}
        if self.tried_file.exists():
            self.tried = json.loads(self.tried_file.read_text("utf-8"))
        self.known = known_modules()

    def supply(self, names: Iterable[str], listed: set[str]) -> None:
        for name in sorted(names):
            distribution = self.known.get(name, name)
            if name in self.known or _normal(distribution) in listed:
                self.install(distribution)

    def install(self, distribution: str) -> bool:
        """Install a distribution, tried once. Return True if that was done now."""
        if distribution in self.tried:
            return False
        command = [str(self.python), "-m", "pip", "install", "-q", "--only-binary", ":all:"]
        done = subprocess.run([*command, distribution], capture_output=True, timeout=900)
        self.tried[distribution] = done.returncode == 0
        self.tried_file.write_text(json.dumps(self.tried), "utf-8")
        return self.tried[distribution]


class Checkout:
    """A collection unpacked once, from which each handler's task root is copied."""

    def __init__(self, collection: Collection, work: Path) -> None:
        self.collection = collection
        self.folder = work / "trees" / collection.name
        if not self.folder.exists():
            unpacked = self.folder.with_name(self.folder.name + ".part")
            shutil.rmtree(unpacked, ignore_errors=True)
            unpacked.mkdir(parents=True)
            collection.copy(".", unpacked)
            unpacked.rename(self.folder)
        self.modules: dict[str, list[PurePosixPath]] = {}
        for name in sorted(collection.files):
            path = PurePosixPath(name)
            if path.suffix == ".py" and not NOT_MODULES.search(name):
                module = path.parent.name if path.name == "__init__.py" else path.stem
                self.modules.setdefault(module, []).append(path)
                # A folder of modules need not have an __init__.py.
                package = path.with_name("__init__.py")
                if path.name != "__init__.py" and package.parts[0] != package.name:
                    self.modules.setdefault(path.parent.name, []).append(package)

    def task_root(self, handler: Handler) -> Path:
        """Return the nearest folder above a handler that holds most of its own modules."""
        file = self.folder / handler.path
        lowest = file.parent
        if (lowest / "__init__.py").exists() and _is_relative(file):
            while (lowest / "__init__.py").exists() and lowest != self.folder:
                lowest = lowest.parent
        best, most = lowest, 0
        names = first_names(file)
        folder = lowest
        while folder.is_relative_to(self.folder):
            held = sum(map(bool, (_holds(folder, name) for name in names)))
            if held > most:
                best, most = folder, held
            folder = folder.parent
        return best

    def listed(self, handler: Handler) -> set[str]:
        """Return the normalised names in the lists of packages beside and above a handler."""
        found = set()
        for folder in (self.folder / handler.path).parents:
            if not folder.is_relative_to(self.folder):
                break
            for path in folder.iterdir():
                if path.is_file() and LISTS.fullmatch(path.name) and path.stat().st_size < 2**20:
                    text = path.read_text("utf-8", "replace")
                    names = re.findall(r"^\s*[\"']?([A-Za-z][\w.-]*)", text, re.MULTILINE)
                    found |= {_normal(name) for name in names}
        return found

    def layer_for(self, name: str, handler: Handler) -> Path | None:
        """Return the folder in which a module lies that is not above the handler: a layer's."""
        places = [
            path
            for path in self.modules.get(name, ())
            if path.name != "__init__.py" or path.parent.parent != path.parent
        ]
        if not places:
            return None
        near = max(places, key=lambda path: _shared_parts(path, PurePosixPath(handler.path)))
        holder = near.parent.parent if near.name == "__init__.py" else near.parent
        return self.folder / holder


def _shared_parts(one: PurePosixPath, other: PurePosixPath) -> int:
    """Return how many folders two paths have in common."""
    return sum(1 for part, same in zip(one.parts, other.parts, strict=False) if part == same)


def _holds(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or any((folder / name).glob("*.py"))


def _is_relative(file: Path) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(parsed(file)))


def first_names(file: Path) -> set[str]:
    """Return the first names of a file's absolute imports that are not the standard library's."""
    found = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
    return found - set(sys.stdlib_module_names)


def copy_code(folder: Path, to: Path, wanted: Path) -> None:
    """Copy a folder without lists of packages, tests' data and what is large.

    The folders around the file `wanted` are copied whatever their names.
    """

    def ignored(inside: str, names: list[str]) -> set[str]:
        left = {name for name in names if name in ("node_modules", ".git", "cdk.out", "docs")}
        left = {name for name in left if Path(inside, name) not in wanted.parents}
        for name in set(names) - left:
            path = Path(inside, name)
            if (
                path.is_symlink()
                or LISTS.fullmatch(name)
                or (path.is_file() and path.stat().st_size > 2**20)
            ):
                left.add(name)
        return left

    shutil.copytree(folder, to, ignore=ignored)


class Server:
    """A process that answers a job a line; started again if it ended or took too long."""

    def __init__(self, *command: str | Path) -> None:
        self.command = ["nice", "-n", "19", *map(str, command)]
        self.process: subprocess.Popen[str] | None = None

    def ask(self, job: dict[str, Any], limit_s: float) -> dict[str, Any]:
        """Return the answer, or that there was none in time or at all."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        if select.select([self.process.stdout], [], [], limit_s)[0]:
            line = self.process.stdout.readline()
            if line:
                return json.loads(line)
            self.close()
            return {"status": "defect", "error": "the process ended without an answer"}
        self.close()
        return {"status": "not measured", "error": "time limit"}

    def close(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None


class Trial:
    """Tries one handler: judged, edited, called, compared."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.judging = Server(arguments.importcost, HERE / "analyse.py")
        unshare = ("unshare", "--net", "--mount")
        self.stage = Server(*unshare, arguments.python, HERE / "stage.py")
        self.packages = Packages(arguments.python)
        self.known = load(arguments.known) if arguments.known else {}

    def run(self, handler: Handler, checkout: Checkout) -> dict[str, Any]:
        """Return the row of one handler."""
        started = time.monotonic()
        row: dict[str, Any] = {"handler": asdict(handler), "importcost": self.arguments.version}
        with tempfile.TemporaryDirectory(prefix="case-", dir=self.arguments.work) as temporary:
            folder = Path(temporary)
            file, layers = self.lay_out(handler, checkout, folder)
            texts = own_texts(file, folder)
            job = {
                "file": str(file),
                "function": handler.function,
                "task_root": str(folder / "task"),
                "layers": [str(layer) for layer in layers],
                "python": str(self.arguments.python),
                "variables": variables_of(texts),
                "timed": self.arguments.judge_only,
            }
            judged = self.judge(job)
            while judged["status"] == "not measured" and self.installed(judged["error"]):
                judged = self.judge(job)
            row |= {"status": judged["status"], "error": judged.get("error", "")[-1500:]}
            if judged["status"] == "edited":
                row |= self.tried(handler, folder, judged, texts, layers)
        return {**row, "seconds": round(time.monotonic() - started, 1)}

    def installed(self, message: str) -> bool:
        """Install what a message names of what is missing. Return True if there is more now."""
        named = set(re.findall(r"--with ([\w.-]+\w)", message)) - {"NAME"}
        done = [self.packages.install(name) for name in sorted(named)]
        return any(done)

    def lay_out(
        self, handler: Handler, checkout: Checkout, folder: Path
    ) -> tuple[Path, list[Path]]:
        """Copy the task root and what lies in layers, and install packages."""
        root = checkout.task_root(handler)
        wanted = checkout.folder / handler.path
        copy_code(root, folder / "task", wanted)
        file = folder / "task" / wanted.relative_to(root)
        names = set().union(*(first_names(path) for path in own_files(file, folder / "task")))
        missing = {name for name in names if not _holds(folder / "task", name)}
        self.packages.supply(missing, checkout.listed(handler))
        layers = {}
        for name in sorted(missing):
            if self.packages.tried.get(self.packages.known.get(name, name)):
                continue
            place = None if name in PROVIDED else checkout.layer_for(name, handler)
            if place is not None and place not in layers:
                layers[place] = folder / f"layer{len(layers)}"
                copy_code(place, layers[place] / "python", wanted)
        return file, list(layers.values())

    def judge(self, job: dict[str, Any]) -> dict[str, Any]:
        return self.judging.ask(job, ANALYSE_LIMIT_S)

    def tried(
        self,
        handler: Handler,
        folder: Path,
        judged: dict[str, Any],
        texts: list[str],
        layers: list[Path],
    ) -> dict[str, Any]:
        """Return the judgement's figures, and what the calls of original and copy came to."""
        kept = ("findings", "kept", "left_out", "saved_us", "possible_us")
        row = {name: judged[name] for name in (*kept, "unreadable", "notes")}
        for finding in row["findings"]:
            finding["file"] = finding["file"].removeprefix(judged["task_root"] + "/")
        row["digest"] = digest_of(judged["edits"], folder)
        known = self.known.get((handler.collection, handler.path), {})
        if self.arguments.judge_only:
            row["imports"] = True
        elif known.get("digest") == row["digest"] and not known["differences"]:
            row |= {name: known[name] for name in CALLED}
        else:
            row |= self.called(handler, judged, texts, layers)
        return row

    def called(
        self, handler: Handler, judged: dict[str, Any], texts: list[str], layers: list[Path]
    ) -> dict[str, Any]:
        """Return what the calls of the original and of the edited copy came to."""
        events = events_of(texts[0], texts[1:])
        caller = Caller(self.stage, self.arguments.work, judged, handler.function, events, layers)
        caller.bag = bag_of(texts)
        first = caller.original()
        found = missed(errors_of(first))
        if found:
            caller.learn(found)
            first = caller.original()
        calls = first.get("result", {}).get("calls", ())
        row: dict[str, Any] = {
            "events": len(events),
            "requests": requests_made(first),
            "answered": sum("answer" in one for one in calls),
            "errors": sorted({error[:120] for error in errors_of(first)}),
            "imports": "calls" in first.get("result", {}),
            "import_error": first.get("result", {}).get("import", {}).get("message", "no end"),
            "differences": [],
            "culprits": {},
        }
        if judged["edits"]:
            row["differences"] = caller.compare(first, judged["edits"])
            if any(not one["part"].startswith("state") for one in row["differences"]):
                row["culprits"] = {
                    number: found
                    for number, edits in judged["singles"].items()
                    if (found := caller.compare(first, edits))
                }
        return row


class Caller:
    """Runs a handler as its files are, with all events in one process, the first one twice."""

    def __init__(
        self,
        stage: Server,
        work: Path,
        judged: dict[str, Any],
        function: str,
        events: list[Any],
        layers: list[Path],
    ) -> None:
        self.stage = stage
        self.work = work
        self.bag: dict[str, Any] = {}
        root = judged["task_root"]
        self.own_variables = judged["variables"]
        self.variables = {**self.own_variables, **lambda_variables(root, judged["module"])}
        order = [*events[1:2], events[0], *events[2:], *events[1:2]]
        self.spec = {
            "task_root": root,
            "paths": [str(layer / "python") for layer in layers],
            "module": judged["module"],
            "function": function,
            "events": order,
        }

    def run(self) -> dict[str, Any]:
        found = self.stage.ask(
            {
                "spec": self.spec,
                "bag": self.bag,
                "work": str(self.work),
                "variables": self.variables,
                "limit_s": CALL_LIMIT_S,
            },
            4 * CALL_LIMIT_S,
        )
        return found if "requests" in found else {"ended": False, "said": "", "requests": []}

    def learn(self, found: dict[str, Any]) -> None:
        """Put in more of what the handler's calls lacked."""
        self.bag |= found
        self.spec["events"] = [with_missed(event, found) for event in self.spec["events"]]
        texts = {key.upper(): held for key, held in found.items() if isinstance(held, str)}
        known = set(self.own_variables) | set(found)
        self.variables |= {key: texts[key] for key in set(texts) & known if key not in LAMBDA_SETS}

    def original(self) -> dict[str, Any]:
        """Return a run of the handler as it is, from the work folder if it was run before."""
        root = Path(self.spec["task_root"])
        given = [self.spec, self.bag, self.variables]
        asked = json.dumps([given, sources_below(root)], sort_keys=True)
        case = str(root.parent)  # another folder each time
        digest = hashlib.sha256(asked.replace(case, "").encode()).hexdigest()
        file = self.work / "originals" / f"{digest}.json"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(self.run()).replace(case, "CASE"), "utf-8")
        return json.loads(file.read_text("utf-8").replace("CASE", case))

    def compare(self, first: dict[str, Any], edits: dict[str, str]) -> list[dict[str, Any]]:
        """Return the differences with these edits in place; the files are put back.

        Only where something differs is the original run once more, to leave out what it does
        otherwise by itself.
        """
        before = {path: Path(path).read_bytes() for path in edits}
        try:
            for path, text in edits.items():
                data = text.encode("latin-1")
                compile(data, path, "exec", dont_inherit=True)
                Path(path).write_bytes(data)
            changed = self.run()
        except SyntaxError as error:
            return [{"part": "compile", "before": "", "after": str(error)}]
        finally:
            for path, data in before.items():
                Path(path).write_bytes(data)
        if not differences(first, first, changed):
            return []
        return differences(first, self.run(), changed)


def errors_of(run: dict[str, Any]) -> list[str]:
    calls = run.get("result", {}).get("calls", ())
    return [f"{one['error']}: {one['message']}" for one in calls if "error" in one]


def sources_below(folder: Path) -> list[str]:
    return [str(path.read_bytes()) for path in sorted(folder.rglob("*.py"))]


def digest_of(edits: dict[str, str], folder: Path) -> str:
    """Return a digest of edited files, wherever they lie."""
    named = {path.removeprefix(str(folder)): text for path, text in edits.items()}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


CALLED = (
    *("events", "requests", "answered", "errors", "imports", "import_error"),
    *("differences", "culprits"),
)
PROVIDED = ("boto3", "botocore")


def lambda_variables(task_root: str, module: str) -> dict[str, str]:
    """Return what Lambda sets, with the endpoint for AWS and for plain HTTP."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp/home",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": task_root,
        "_HANDLER": f"{module}.handler",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_NAME": "public-function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/public-function",
        "AWS_LAMBDA_LOG_STREAM_NAME": "made-up",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "_X_AMZN_TRACE_ID": "Root=1-00000000-000000000000000000000000;Parent=0;Sampled=0",
        "HTTP_PROXY": ENDPOINT,
        "http_proxy": ENDPOINT,
        "HTTPS_PROXY": ENDPOINT,
        "https_proxy": ENDPOINT,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


LAMBDA_SETS = frozenset(lambda_variables("", ""))


def own_files(file: Path, root: Path) -> list[Path]:
    """Return a handler's file and the own modules that it imports, at any depth."""
    found, pending = [], [file]
    while pending and len(found) < 200:
        current = pending.pop(0)
        if current in found:
            continue
        found.append(current)
        for node in ast.walk(parsed(current)):
            names = []
            if isinstance(node, ast.Import):
                names = [(root, one.name) for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = root if not node.level else current.parents[node.level - 1]
                module = node.module or ""
                names = [(base, f"{module}.{one.name}".strip(".")) for one in node.names]
            for base, name in names:
                parts = name.split(".")
                for length in range(1, len(parts) + 1):
                    place = base.joinpath(*parts[:length])
                    both = (place.with_name(place.name + ".py"), place / "__init__.py")
                    pending += [path for path in both if path.is_file()]
    return found


def parsed(file: Path) -> ast.Module:
    try:
        return _parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])


def own_texts(file: Path, folder: Path) -> list[str]:
    """Return the sources of a handler and its own modules, the handler's first."""
    files = own_files(file, folder / "task")
    for layer in folder.glob("layer*/python"):
        files += [path for path in own_files(file, layer) if path not in files]
    return [path.read_text("utf-8", "replace") for path in files]


def load(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows so far, the last one of each handler."""
    if not path.exists():
        return {}
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return {(row["handler"]["collection"], row["handler"]["path"]): row for row in rows}


def is_tried(row: dict[str, Any]) -> bool:
    """Return True for a handler that could be judged and imported."""
    return row["status"] == "edited" and row.get("imports", False)


def is_finding(row: dict[str, Any]) -> bool:
    return bool(row.get("differences")) or row["status"] == "defect"


def print_table(rows: list[dict[str, Any]], before: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Print the counts, the refusals by reason, and the price of caution."""
    tried = [row for row in rows if is_tried(row)]
    edited = [row for row in tried if row["kept"]]
    styles: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in tried:
        for number, finding in enumerate(row["findings"]):
            if number in row["kept"]:
                styles.update(set(finding["styles"]))
            elif finding["kind"] == "not deferrable":
                reasons[kind_of(finding["reason"])] += 1
    print(f"handlers: {len(rows)} tried, {len(tried)} measured, of", end=" ")
    print(f"{len({row['handler']['collection'] for row in tried})} repositories")
    print(f"with edits: {len(edited)}; edits: {sum(styles.values())} {dict(styles)}")
    requests = [row.get("requests", 0) for row in tried]
    print(f"calls of AWS: {sum(requests)} by {sum(map(bool, requests))} handlers;", end=" ")
    print(f"answers without an error: {sum(bool(row.get('answered')) for row in tried)} handlers")
    print(f"different: {sum(map(is_finding, rows))}")
    tell(
        repositories=len({row["handler"]["collection"] for row in edited}),
        handlers=(len(tried), f"of {len(rows)} tried, {len(edited)} with edits"),
        edits=sum(styles.values()),
        requests=(sum(requests), f"by {sum(map(bool, requests))} handlers"),
        different=(sum(map(is_finding, rows)), f"of {len(edited)} handlers"),
    )
    for status, count in Counter(row["status"] for row in rows).most_common():
        print(f"  {status}: {count}")
    print("\n| reason of refusal | imports |\n|---|---|")
    for reason, count in reasons.most_common():
        print(f"| {reason} | {count} |")
    print_price(tried, before)


def kind_of(reason: str) -> str:
    """Return a reason without the names and numbers in it."""
    text = re.sub(r"line \d+", "line N", reason)
    text = re.sub(r"[\w.]+\(\)|'[^']*'|\b\w+(?:\.\w+)+\b", "X", text)
    text = re.sub(r" of \w+ may be read", " may be read", text)
    text = re.sub(r"exports \w+", "exports X", text)
    text = re.sub(r"^\w+ (is used at|needs it at|needs them at)", r"X \1", text)
    text = re.sub(r"has to stay: .*", "has to stay", text)
    return " ".join(text.split()[:12])


Key = tuple[str, int, str]


def key_of(finding: dict[str, Any]) -> Key:
    return finding["file"], finding["line"], finding["code"]


def lost_us(row: dict[str, Any], costs: list[dict[str, Any]]) -> int:
    """Return the exclusive cost of what a row leaves as it is, by the findings of another one."""
    kept = [row["findings"][number] for number in row["kept"]]
    edited = {key_of(finding) for finding in kept}
    made = {(finding["file"], name) for finding in kept for name in finding["objects"]}
    lost = 0
    for finding in costs:
        is_about_moving = finding["styles"] or finding["kind"] == "not deferrable"
        objects = {(finding["file"], name) for name in finding["objects"]}
        is_edited = key_of(finding) in edited or (objects and objects <= made)
        if is_about_moving and not is_edited:
            lost += finding["exclusive_us"]
    return lost


def print_price(tried: list[dict[str, Any]], before: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Print what refusals cost now and before, on the costs that were measured before."""
    then = now = every = count = 0
    for row in tried:
        other = before.get((row["handler"]["collection"], row["handler"]["path"]))
        if other is not None and is_tried(other):
            count += 1
            costs = other["findings"]
            then += lost_us(other, costs)
            now += lost_us(row, costs)
            every += lost_us({"findings": [], "kept": []}, costs)
    if count:
        print(f"\nprice of caution, {count} handlers, of {every / 1000:.0f} ms:", end=" ")
        print(f"{now / 1000:.0f} ms now, {then / 1000:.0f} before, ratio {now / max(1, then):.3f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", type=Path, nargs="+")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="kept; not in /tmp")
    parser.add_argument("--python", type=Path, required=True, help="gets the handlers' packages")
    parser.add_argument("--importcost", type=Path, default=Path(sys.executable))
    parser.add_argument("--before", type=Path, help="results of another version, for the price")
    parser.add_argument("--each", type=int, default=15, help="handlers a repository")
    parser.add_argument("--only", help="a regular expression for repository/path")
    parser.add_argument("--again", choices=("all", "different", "failed"))
    parser.add_argument(
        "--same-as", type=Path, help="only the handlers that these results measured"
    )
    parser.add_argument("--judge-only", action="store_true", help="time costs, call nothing")
    parser.add_argument("--known", type=Path, help="results whose edits, if equal, are not called")
    parser.add_argument("--table", action="store_true", help="print the table, try nothing")
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    code = "import importcost, pathlib; print(pathlib.Path(importcost.__file__).parents[2])"
    where = subprocess.check_output([arguments.importcost, "-c", code], text=True).strip()
    said = subprocess.run(
        ["git", "-C", where, "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    )
    arguments.version = said.stdout.strip()
    return arguments


def is_due(row: dict[str, Any] | None, again: str | None) -> bool:
    if row is None or again == "all":
        return True
    return is_finding(row) if again == "different" else again == "failed" and not is_tried(row)


def main() -> None:
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if not arguments.table:
        trial = Trial(arguments)
        for source in arguments.checkouts:
            try_collection(Collection(source), trial, arguments)
        trial.judging.close()
        trial.stage.close()
    before = load(arguments.before) if arguments.before else {}
    print_table(list(load(arguments.results).values()), before)


def try_collection(collection: Collection, trial: Trial, arguments: argparse.Namespace) -> None:
    """Try one repository's handlers until enough of them are measured."""
    candidates = find_candidates(collection, arguments.each)
    if arguments.only:
        candidates = [
            h for h in candidates if re.search(arguments.only, f"{h.collection}/{h.path}")
        ]
    done = load(arguments.results)
    chosen = load(arguments.same_as) if arguments.same_as else None
    checkout = None
    measured = 0
    for handler in candidates:
        key = (handler.collection, handler.path)
        if measured >= arguments.each:
            break
        if chosen is not None and not (key in chosen and is_tried(chosen[key])):
            continue
        row = done.get(key)
        if is_due(row, arguments.again):
            checkout = checkout or Checkout(collection, arguments.work)
            row = trial.run(handler, checkout)
            with arguments.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            said = f"{len(row.get('kept', ()))} edits, {row.get('requests', '-')} requests"
            mark = "DIFFERENT" if is_finding(row) else row["status"]
            print(f"{row['seconds']:5.1f} s {mark} {said}: {'/'.join(key)}", flush=True)
        measured += row is not None and is_tried(row)


if __name__ == "__main__":
    main()
