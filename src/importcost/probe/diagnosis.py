"""Runs inside a diagnosis launch: finds what init lacks, as far as one launch shows.

The probe executes this file for runs of kind "diagnosis" only (see `probe.py`), under the probe's
own file name, so that its frames count as the probe's. Nothing is timed in such a run: it may
import what it likes. Standard library only, Python 3.9 to 3.15.

A module that no finder has and that nothing would catch the absence of gets a permissive stand-in;
an environment variable that is read by subscript and whose absence nothing would catch gets a
placeholder. Both are noted with the line that asks for them, and init goes on.

The spec's "diagnosis" holds
  placeholders  {name: value}: variables that are set from the start
  stand_ins     modules that get a stand-in even where the source seems to catch their absence
  sites         [[file, line]]: places whose reads of absent variables get a placeholder, too
  rules         [[pattern, value]]: the placeholder of a name is the first that matches; `{slug}`
                in it stands for the name in lower case
  drivers       [[module, is asynchronous, value]]: the placeholder of a database's address where
                SQLAlchemy is loaded is that of the first driver that can be imported
  never         a pattern: variables that never get one
  limit         how many placeholders and stand-ins there may be
and the result's "diagnosis" {"modules": [[name, file, line, names]], "variables": [[name, value,
file, line]], "reads": [read], "suspects": {...}, "settings": [...]}; see `Diagnosis.result`.
"""

import ast
import os
import re
import sys
import types
from abc import ABCMeta
from importlib.machinery import ModuleSpec, PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

_DISTINCT = 6
"""A shorter placeholder may occur in a message for another reason."""
KEY_ERRORS = frozenset(("KeyError", "LookupError", "Exception", "BaseException"))
IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
_real_getitem = type(os.environ).__getitem__


class _Permissive(ABCMeta):
    """The class of stand-in classes: every attribute is another stand-in."""

    def __new__(mcs, name: str, bases: "Any", namespace: "Any", **_options: "Any") -> "Any":
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name: str, bases: "Any", namespace: "Any", **_options: "Any") -> None:
        super().__init__(name, bases, namespace)

    def __call__(cls, *args: "Any", **options: "Any") -> "Any":
        if "_is_stand_in" in vars(cls) and _is_decorated(args, options):
            return args[0]
        return super().__call__(*args, **options)

    def __getattr__(cls, name: str) -> "Any":
        return _attribute(name)

    def __getitem__(cls, key: object) -> "Any":
        return cls

    def __iter__(cls) -> "Any":
        return iter(())

    def __or__(cls, other: object) -> "Any":
        return cls

    __ror__ = __or__


class _StandIn(Exception, metaclass=_Permissive):  # noqa: N818 - may stand in `except`, too
    """An object that accepts every operation."""

    _is_stand_in = True

    def __init__(self, *args: "Any", **options: "Any") -> None:
        pass

    def __init_subclass__(cls, **options: "Any") -> None:
        pass

    def __getattr__(self, name: str) -> "Any":
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _StandIn()

    def __call__(self, *args: "Any", **options: "Any") -> "Any":
        return args[0] if _is_decorated(args, options) else _StandIn()

    def __getitem__(self, key: object) -> "Any":
        return _StandIn()

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __contains__(self, key: object) -> bool:
        return False

    def __iter__(self) -> "Any":
        return iter(())

    def __len__(self) -> int:
        return 1

    def __enter__(self) -> "Any":
        return self

    def __exit__(self, *reason: object) -> None:
        pass

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0

    def __fspath__(self) -> str:
        return "importcost"

    def __str__(self) -> str:
        return "importcost"

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __lt__

    def __le__(self, other: object) -> bool:
        return True

    __ge__ = __le__

    def __add__(self, other: object) -> "Any":
        return _StandIn()

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
    __floordiv__ = __mod__ = __rmod__ = __pow__ = __and__ = __or__ = __ror__ = __rshift__ = __add__
    __lshift__ = __rrshift__ = __rlshift__ = __matmul__ = __add__

    def __neg__(self) -> "Any":
        return _StandIn()


def _is_decorated(args: "Any", options: "Any") -> bool:
    """Return True for a call that looks like a decorator's: its function is kept."""
    kinds = (types.FunctionType, type)
    return len(args) == 1 and not options and isinstance(args[0], kinds)


def _attribute(name: str) -> "Any":
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    return _Permissive(name, (_StandIn,), {"_is_stand_in": True})


class _StandInModule(types.ModuleType):
    """A module that has every attribute."""

    def __getattr__(self, name: str) -> "Any":
        found = _attribute(name)
        setattr(self, name, found)
        return found


class _Loader:
    def create_module(self, spec: "Any") -> "Any":
        module = _StandInModule(spec.name)
        module.__path__ = []
        module.__all__ = []  # type: ignore[attr-defined]
        return module

    def exec_module(self, module: "Any") -> None:
        pass


class _Sources:
    """The source files' facts about their lines; a file is parsed once."""

    def __init__(self) -> None:
        self._trees: dict[str, Any] = {}
        self._tries: dict[str, Any] = {}

    def tree(self, file: str) -> "Any":
        """Return the file's syntax tree, or None if it is not valid Python."""
        if file not in self._trees:
            try:
                with open(file, "rb") as stream:
                    self._trees[file] = ast.parse(stream.read())
            except (OSError, SyntaxError, ValueError):
                self._trees[file] = None
        return self._trees[file]

    def catches(self, file: str, line: int, names: "frozenset[str]") -> bool:
        """Return True if a `try` or a `suppress` around the line catches one of these errors.

        If that is unknown, assume that it does: a wrong guess then costs only a launch.
        """
        guards = self._guards(file)
        if guards is None:
            return True
        return any(
            first <= line <= last and raised is None and (caught is None or caught & names)
            for first, last, caught, raised in guards
        )

    def raised_instead(self, file: str, line: int, names: "frozenset[str]") -> "frozenset[str]":
        """Return the errors that a `try` around the line raises in place of one of these."""
        return frozenset(
            raised
            for first, last, caught, raised in self._guards(file) or ()
            if first <= line <= last and raised and (caught is None or caught & names)
        )

    def _guards(self, file: str) -> "Any":
        if file not in self._tries:
            tree = self.tree(file)
            self._tries[file] = None if tree is None else list(_guards(tree))
        return self._tries[file]

    def statements(self, file: str, line: int) -> "list[Any]":
        """Return the statements that hold the line, the outermost first."""
        tree = self.tree(file)
        found = [
            node
            for node in (ast.walk(tree) if tree is not None else ())
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
        ]
        return sorted(found, key=lambda node: node.lineno)

    def statement(self, file: str, line: int) -> "Any":
        """Return the smallest statement that holds the line, or None."""
        return (self.statements(file, line) or [None])[-1]


def _guards(tree: "Any") -> "Any":
    """Yield first line, last line, caught names and the name raised instead, of each guard.

    That is None if the guard keeps the error. One that raises the same error again is none.
    """
    for node in ast.walk(tree):
        if isinstance(node, (ast.With, ast.AsyncWith)):
            calls: list[Any] = [item.context_expr for item in node.items]
            for call in filter(_is_suppress, calls):
                caught = _names_of(call.args)
                yield node.body[0].lineno, node.body[-1].end_lineno, caught, None
        elif isinstance(node, ast.Try) and node.handlers:
            last = node.body[-1].end_lineno
            for handler in node.handlers:
                end = handler.body[-1]
                raised = _raised_name(end) if isinstance(end, ast.Raise) else None
                if not isinstance(end, ast.Raise) or raised is not None:
                    caught = _names_of([handler.type]) if handler.type is not None else None
                    yield node.body[0].lineno, last, caught, raised


def _raised_name(node: "Any") -> "str | None":
    """Return the name of the class that a statement raises, or None for the error it handles."""
    called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = getattr(called, "id", getattr(called, "attr", None))
    return name if isinstance(name, str) and name[:1].isupper() else None


def _is_suppress(node: "Any") -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return getattr(called, "id", getattr(called, "attr", "")) == "suppress"


def _names_of(nodes: "Any") -> "frozenset[str] | None":
    """Return the names of the caught exceptions, or None if they are unknown."""
    names = set()
    for node in nodes:
        for part in node.elts if isinstance(node, ast.Tuple) else [node]:
            name = getattr(part, "id", getattr(part, "attr", None))
            if not isinstance(name, str) or not name[:1].isupper() or name.isupper():
                return None
            names.add(name)
    return frozenset(names)


def _loaded_names(statement: "Any") -> "set[str]":
    names = set()
    for node in ast.walk(statement) if statement is not None else ():
        if isinstance(node, (ast.Name, ast.Attribute)):
            names.add(node.id if isinstance(node, ast.Name) else node.attr)
    return names


def _condition_names(statement: "Any") -> "set[str]":
    """Return the expressions that decide if the body of a statement runs."""
    names = set()
    for part in ("test", "iter", "subject"):
        names |= _loaded_names(getattr(statement, part, None))
    return names


def _assigned_names(statement: "Any") -> "set[str]":
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    names = set()
    for target in targets:
        for node in ast.walk(target) if target is not None else ():
            if isinstance(node, (ast.Name, ast.Attribute)):
                names.add(node.id if isinstance(node, ast.Name) else node.attr)
    return names


class _Own:
    """Distinguishes the function's own files from packages beside them in the task root."""

    def __init__(self, task_root: str) -> None:
        self._root = task_root.rstrip(os.sep) + os.sep
        self._vendored: set[str] = set()
        try:
            names = os.listdir(task_root)
        except OSError:
            names = []
        for name in names:
            if name.endswith(".dist-info"):
                self._vendored |= _recorded(os.path.join(task_root, name, "RECORD"))

    def __contains__(self, file: str) -> bool:
        if not file.startswith(self._root) or "site-packages" in file:
            return False
        return file[len(self._root) :].split(os.sep)[0] not in self._vendored


def _recorded(record: str) -> "set[str]":
    try:
        with open(record, encoding="utf-8", errors="replace") as stream:
            return {line.split(",")[0].split("/")[0] for line in stream}
    except OSError:
        return set()


class _Stack:
    """Tells who asks: the frames between the function's own code and a read or an import."""

    def __init__(self, own: _Own, sources: _Sources, probe_file: str) -> None:
        self.own = own
        self.sources = sources
        self._probe_file = probe_file

    def reader(self, frame: "Any") -> "Any":
        """Return the frame that reads, skipping os and its like."""
        skipped = (self._probe_file, os.__file__, sys.modules["_collections_abc"].__file__)
        while frame.f_back is not None and _file_of(frame) in skipped:
            frame = frame.f_back
        return frame

    @staticmethod
    def site(frame: "Any") -> "tuple[str, int]":
        """Return the file and line that a frame is at."""
        return (frame.f_code.co_filename, frame.f_lineno)

    def place(self, frame: "Any") -> "tuple[str, int]":
        """Return file and line of the function's own code that asks, else of the asking code."""
        reader = frame
        while frame is not None and frame.f_code.co_filename != self._probe_file:
            if frame.f_code.co_filename in self.own:
                return self.site(frame)
            frame = frame.f_back
        return self.site(reader)

    def is_guarded(self, frame: "Any", names: "frozenset[str]") -> bool:
        """Return True if code on the stack would catch the error."""
        skipped = True
        while frame is not None:
            file = _file_of(frame)
            if file == self._probe_file:
                if not skipped:
                    return False
            elif not file.startswith("<frozen importlib"):
                skipped = False
                names = names | self.sources.raised_instead(file, frame.f_lineno, names)
                if self.sources.catches(file, frame.f_lineno, names):
                    return True
            frame = frame.f_back
        return False

    def importer(self, frame: "Any") -> "tuple[Any, bool]":
        """Return the frame whose statement imports, and True if as a name of a `from` list."""
        is_of_list = False
        importlib_file = getattr(sys.modules.get("importlib"), "__file__", None)
        while frame.f_back is not None and (
            frame.f_code.co_filename.startswith("<frozen importlib")
            or frame.f_code.co_filename in (importlib_file, self._probe_file)
        ):
            is_of_list = is_of_list or frame.f_code.co_name == "_handle_fromlist"
            frame = frame.f_back
        return frame, is_of_list

    def wanted(self, frame: "Any", name: str) -> "list[str]":
        """Return the full names that the importing statement imports below `name`."""
        statement = self.sources.statement(*self.site(frame))
        names: list[str] = []
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            names = [statement.module + "." + alias.name for alias in statement.names]
        return [one for one in names if one == name or one.startswith(name + ".")]


class Diagnosis:
    """Watches imports and reads of environment variables, and substitutes those that would fail."""

    MAX_READS = 2000

    def __init__(self, spec: "Any", probe_file: str) -> None:
        wanted = spec["diagnosis"]
        self._stack = _Stack(_Own(spec["search_path"][0]), _Sources(), probe_file)
        self._rules = [(re.compile(pattern), value) for pattern, value in wanted["rules"]]
        self._drivers = wanted["drivers"]
        self.never = re.compile(wanted["never"])
        self.placeholders = dict(wanted["placeholders"])
        self._forced = set(wanted["stand_ins"])
        self._sites = {(file, line) for file, line in wanted["sites"]}
        self._limit = wanted["limit"]
        self._stood_in: set[str] = set()
        self._loader = _Loader()
        self.modules: list[Any] = []
        self.variables: list[Any] = []
        # [name, file, line, site's file, site's line, was None or empty, targets]
        self.reads: list[Any] = []

    def install(self) -> None:
        """Start watching; known placeholders are set."""
        os.environ.update(self.placeholders)
        kind: Any = type(os.environ)
        kind.__getitem__ = lambda mapping, key: self._getitem(mapping, key, sys._getframe(1))
        kind.get = lambda mapping, key, default=None: self._get(
            mapping, key, default, sys._getframe(1)
        )
        kind.__contains__ = lambda mapping, key: self._contains(mapping, key, sys._getframe(1))
        sys.meta_path.append(self)

    # --- environment variables ---

    def _getitem(self, mapping: "Any", key: "Any", frame: "Any") -> "Any":
        try:
            return _real_getitem(mapping, key)
        except KeyError:
            if not self._may_have(mapping, key):
                raise
            reader = self._stack.reader(frame)
            is_forced = self._stack.site(reader) in self._sites
            is_needed = is_forced or not self._stack.is_guarded(frame, KEY_ERRORS)
            if is_needed and self._supply(key, reader):
                return _real_getitem(mapping, key)
            self._note(key, reader, is_empty=False)
            raise

    def _get(self, mapping: "Any", key: "Any", default: "Any", frame: "Any") -> "Any":
        try:
            return _real_getitem(mapping, key)
        except KeyError:
            if not self._may_have(mapping, key):
                return default
            reader = self._stack.reader(frame)
            if self._stack.site(reader) in self._sites and self._supply(key, reader):
                return _real_getitem(mapping, key)
            self._note(key, reader, is_empty=default is None or default == "")
            return default

    def _contains(self, mapping: "Any", key: "Any", frame: "Any") -> bool:
        try:
            _real_getitem(mapping, key)
        except KeyError:
            if self._may_have(mapping, key):
                reader = self._stack.reader(frame)
                if self._stack.site(reader) in self._sites and self._supply(key, reader):
                    return True
                self._note(key, reader, is_empty=False)
            return False
        return True

    def _may_have(self, mapping: "Any", key: "Any") -> bool:
        return mapping is os.environ and isinstance(key, str) and not self.never.match(key)

    def _supply(self, key: str, reader: "Any") -> bool:
        if len(self.variables) + len(self.placeholders) > self._limit:
            return False
        value = self.placeholder(key)
        self.variables.append([key, value, *self._stack.place(reader)])
        os.environ[key] = value
        return True

    def placeholder(self, name: str) -> str:
        """Return a value in the form that the variable's name suggests."""
        slug = "importcost-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        for pattern, value in self._rules:
            if pattern.search(name.upper()):
                value = value.replace("{slug}", slug[:60].rstrip("-"))
                return str(self._database(value) or value)
        return slug

    def _database(self, value: str) -> "str | None":
        """Return a database address with an installed driver, or None to keep the value."""
        if not value.startswith(("postgresql://", "mysql://")) or "sqlalchemy" not in sys.modules:
            return None
        there = [row for row in self._drivers if _is_importable(row[0])]
        if "sqlalchemy.ext.asyncio" not in sys.modules:
            there = [row for row in there if not row[1]]
        same = [row[2] for row in there if row[2].startswith(value.partition(":")[0])]
        return same[0] if same else there[0][2] if there else None

    def _note(self, key: str, reader: "Any", *, is_empty: bool) -> None:
        if len(self.reads) < self.MAX_READS:
            self.reads.append(
                [key, *self._stack.place(reader), *self._stack.site(reader), is_empty]
            )

    # --- modules ---

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """Return the spec of a stand-in for a module that init cannot do without."""
        frame: Any = sys._getframe(1)
        if frame.f_code.co_name != "_find_spec" or frame.f_back is None:
            return None
        # importlib.util.find_spec only asks if a module exists, and imports nothing.
        if frame.f_back.f_code.co_name != "_find_and_load_unlocked":
            return None
        parent = name.rpartition(".")[0]
        if parent not in self._stood_in:
            reader, is_of_list = self._stack.importer(frame)
            # `from package import name`: the name may be an attribute that does not exist.
            if is_of_list and parent:
                return None
            if name not in self._forced and self._stack.is_guarded(reader, IMPORT_ERRORS):
                return None
            if len(self.modules) > self._limit or self._comes_later(name, path, target):
                return None
            self.modules.append(
                [name, *self._stack.place(reader), self._stack.wanted(reader, name)]
            )
        self._stood_in.add(name)
        return ModuleSpec(name, self._loader, is_package=True)  # type: ignore[arg-type]

    def _comes_later(self, name: str, path: "Any", target: "Any") -> bool:
        """Return True if a finder that init has added finds the module, as six does for its own."""
        finders = sys.meta_path[sys.meta_path.index(self) + 1 :]
        return any(_finds(finder, name, path, target) for finder in finders)

    # --- what came of it ---

    def result(self, error: "BaseException | None") -> "Any":
        """Return what was found, and which variables the error that ended init speaks of.

        `suspects` holds names of variables: "required" (a KeyError of one is among the causes),
        "mentioned" (the message has the name), "shown" (the message has the placeholder), "linked"
        (the failing statement reads it, or uses what was assigned from it). `module` is the
        missing module among the causes, `place` the function's own line that failed. `settings`
        are fields of pydantic settings that are missing or did not pass: [variable, type of the
        error, expected values]. `values` are the placeholders that all these variables would get,
        `reads` those in vain: [name, file, line, file and line of the read itself, whether the
        reader got nothing, whether it is the function's own code].
        """
        found: dict[str, Any] = {
            "modules": self.modules,
            "variables": self.variables,
            "reads": self.reads,
            "module": None,
            "place": (None, None),
            "suspects": {},
            "settings": [],
        }
        if error is not None:
            message = _text(error)
            found["message"] = message
            cause = _Cause(self, self._stack)
            found["module"] = cause.missing_module(error, message)
            found["place"] = cause.place(error)
            found["suspects"] = cause.suspects(error, message)
            found["settings"] = [row for row in _settings_of(error) if not self.never.match(row[0])]
            names = [row[0] for row in (*found["settings"], *self.reads)]
            names += [name for group in found["suspects"].values() for name in group]
            found["values"] = {name: self.placeholder(name) for name in names}
        found["reads"] = [[*read, read[3] in self._stack.own] for read in self.reads]
        return found


class _Cause:
    """Finds out what an error that ended init has to do with what was watched."""

    def __init__(self, found: "Diagnosis", stack: _Stack) -> None:
        self._found = found
        self._stack = stack

    def missing_module(self, error: BaseException, message: str) -> "Any":
        """Return the missing module among the causes, with the place that imports it."""
        for cause in _chain(error):
            name = getattr(cause, "name", None)
            if not isinstance(cause, ModuleNotFoundError) or not isinstance(name, str):
                continue
            is_named = re.search(r"\b" + re.escape(name.split(".")[0]) + r"\b", message)
            if cause is error or cause is error.__cause__ or is_named:
                return [name, *self.place(cause)]
        return None

    def place(self, error: BaseException) -> "tuple[str | None, int | None]":
        """Return file and line of the function's own code that failed."""
        found = None
        for frame, line in _frames(error):
            if frame.f_code.co_filename in self._stack.own:
                found = (frame.f_code.co_filename, line)
        return found or (None, None)

    def suspects(self, error: BaseException, message: str) -> "dict[str, list[str]]":
        """Return the variables that the error speaks of, by the reason to think so."""
        values = {**self._found.placeholders, **{row[0]: row[1] for row in self._found.variables}}
        names = [*values, *(read[0] for read in self._found.reads)]
        required = [_absent_key(cause) for cause in _chain(error)]
        lines = [
            (frame.f_code.co_filename, line)
            for frame, line in _frames(error)
            if frame.f_code.co_filename in self._stack.own
        ]
        places = {row[0]: (row[2], row[3]) for row in self._found.variables}
        meant = [read for read in reversed(self._found.reads) if self._is_meant(read)]
        places.update({read[0]: (read[1], read[2]) for read in meant})
        return {
            "required": _unique(
                name for name in required if name and not self._found.never.match(name)
            ),
            "mentioned": _unique(name for name in names if _is_word_of(name, message)),
            "shown": _unique(
                name
                for name, value in values.items()
                if len(value) >= _DISTINCT and value in message
            ),
            "linked": _unique(name for name in places if self._is_linked(places[name], lines)),
        }

    def _is_meant(self, read: "Any") -> bool:
        """Return True if the function's own code reads it, or names it to a package that does.

        botocore looks for many variables of its own while it creates a client.
        """
        if read[3] in self._stack.own:
            return True
        asking = (
            self._stack.sources.statement(read[1], read[2]) if read[1] in self._stack.own else None
        )
        return asking is not None and any(
            isinstance(node, ast.Constant) and node.value == read[0] for node in ast.walk(asking)
        )

    def _is_linked(self, place: "Any", lines: "Any") -> bool:
        reading = self._stack.sources.statement(*place) if place[0] else None
        for file, line in lines[::-1]:
            if (file, line) == tuple(place):
                return True
            failing = self._stack.sources.statements(file, line)
            if reading is None or not failing:
                continue
            if any(one is reading for one in failing):
                return True
            used = _loaded_names(failing[-1]).union(*map(_condition_names, failing))
            if _assigned_names(reading) & used:
                return True
        return False


def _is_importable(name: str) -> bool:
    """Return True if the path holds the module; nothing is imported, its parent neither."""
    folders, parent = None, ""
    for part in name.split("."):
        parent = parent + "." + part if parent else part
        spec = PathFinder.find_spec(parent, folders)
        if spec is None:
            return False
        folders = spec.submodule_search_locations
    return True


def _finds(finder: "Any", name: str, path: "Any", target: "Any") -> bool:
    """Return True if a finder has a module; Python asks by the old method, too, until 3.11."""
    find = getattr(finder, "find_spec", None)
    if find is not None:
        return find(name, path, target) is not None
    old = getattr(finder, "find_module", None) if sys.version_info < (3, 12) else None
    return old is not None and old(name, path) is not None


def _unique(names: "Any") -> "list[str]":
    return list(dict.fromkeys(names))


def _is_word_of(name: str, message: str) -> bool:
    pattern = r"(?<![A-Za-z0-9_])" + re.escape(name) + r"(?![A-Za-z0-9_])"
    return re.search(pattern, message) is not None


def _text(value: object) -> str:
    try:
        return str(value)
    except BaseException:  # noqa: BLE001 - code of the handler's answers
        return ""


def _chain(error: "BaseException | None") -> "list[BaseException]":
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 20:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _frames(error: BaseException) -> "Any":
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _file_of(frame: "Any") -> str:
    """Return a frame's file, also if the module is one of the interpreter's frozen ones."""
    file = str(frame.f_code.co_filename)
    if file.startswith("<frozen ") and not file.startswith("<frozen importlib"):
        file = getattr(sys.modules.get(file[8:-1]), "__file__", None) or file
    return file


def _absent_key(error: BaseException) -> "str | None":
    """Return the variable whose absence raised this KeyError."""
    frames = [frame for frame, _ in _frames(error)]
    if not isinstance(error, KeyError) or not frames or not error.args:
        return None
    is_environ = frames[-1].f_code.co_name == "__getitem__" and isinstance(
        frames[-1].f_locals.get("self"), type(os.environ)
    )
    return error.args[0] if is_environ and isinstance(error.args[0], str) else None


def _settings_of(error: BaseException) -> "list[Any]":
    """Return the fields of pydantic settings that an error names, by their variables."""
    for cause in _chain(error):
        settings = _settings_class(cause)
        if settings is None:
            continue
        if type(cause).__name__ == "SettingsError":
            named = re.search(r'field "(\w+)"', _text(cause))
            if named:
                return [_field(settings, (named[1],), "json", named[1])]
        elif type(cause).__name__ == "ValidationError":
            try:
                items = list(cause.errors())  # type: ignore[attr-defined]
            except BaseException:  # noqa: BLE001 - another library's ValidationError
                items = []
            return [
                _field(settings, item["loc"], item["type"], item.get("ctx", {}))
                for item in items
                if item.get("loc")
            ]
    return []


def _settings_class(error: BaseException) -> "Any":
    """Return the settings class whose instance was being created when the error was raised."""
    for frame, _ in _frames(error):
        for name in ("__pydantic_self__", "self"):
            made = frame.f_locals.get(name)
            kinds = [one.__name__ for one in type(made).__mro__] if made is not None else []
            if "BaseSettings" in kinds:
                return type(made)
    return None


def _field(settings: "Any", location: "Any", kind: str, context: "Any") -> "list[Any]":
    config = getattr(settings, "model_config", None)
    if isinstance(config, dict):
        get: Any = config.get
        fields = getattr(settings, "model_fields", {})
    else:
        made = getattr(settings, "__config__", None)
        get = lambda name, default=None: getattr(made, name, default)  # noqa: E731
        fields = getattr(settings, "__fields__", {})
    parts = [part for part in location if isinstance(part, str)]
    first = parts[0] if parts else str(location[0])
    prefix = (get("env_prefix", "") or "") if first in fields else ""
    if first in fields and not isinstance(config, dict):  # pydantic 1 lists a field's variables
        known = fields[first].field_info.extra.get("env_names")
        first, prefix = (sorted(known)[0], "") if known else (first, prefix)
    delimiter = get("env_nested_delimiter", None)
    name = prefix + (delimiter.join(parts) if delimiter and len(parts) > 1 else first)
    if not get("case_sensitive", False):
        name = _as_read(name)
    expected = context.get("expected", "") if isinstance(context, dict) else ""
    if kind == "json":
        field = fields.get(location[0])
        hint = str(getattr(field, "annotation", "") or getattr(field, "outer_type_", ""))
        expected = "list" if re.search(r"list|tuple|set|List|Tuple|Set", hint) else "dict"
    return [name, kind, str(expected)]


def _as_read(name: str) -> str:
    """Return a variable's name as in the environment, else in upper case."""
    same = [one for one in os.environ if one.lower() == name.lower()]
    return same[0] if same else name.upper()
