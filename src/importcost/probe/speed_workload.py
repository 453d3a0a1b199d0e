"""The calibration workload: fixed work of the kind that imports do, timed in CPU time.

Runs inside the measured interpreter, Python 3.9 to 3.15, as

    python speed_workload.py RESULT_PATH

and writes `{"speed_us": N, "span": {...}}` there: the CPU time of one repetition (mean,
microseconds), and what each clock counted during all of them. Each repetition compiles a fixed
piece of source, marshals and unmarshals its code, and executes it as module bodies: classes,
functions, decorators, tables of strings, a small parser (as `re` and `enum` run while they are
imported). Only modules that every interpreter has loaded at start (sys, marshal, time) are used,
so nothing about the file system, the standard library's version or its bytecode enters.

The figures in speed-reference.json belong to exactly this text: whoever changes it must fit
them again with tests/benchmarks/fit_speed_ratio.py.
"""

import marshal
import sys
import time

REPETITIONS = 4
"""Garbage is collected in every second one, as in imports: an odd number would favour one kind."""
COMPILED = 1
UNMARSHALLED = 16
EXECUTED = 10

SOURCE = '''
"""A module as libraries write them."""

_TABLE = {"name_%d" % i: (i, str(i), [i] * 3) for i in range(60)}
_REVERSE = {value[1]: key for key, value in _TABLE.items()}
_WORDS = " ".join(sorted(_REVERSE.values())).title().replace("_", "-").lower().split()
__all__ = ["Record", "Stream", "Kind", "parse", "walk", "register"]


class Field:
    __slots__ = ("default", "name", "owner")

    def __init__(self, default=None):
        self.default = default
        self.name = None
        self.owner = None

    def __set_name__(self, owner, name):
        self.owner = owner
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return instance.__dict__.get(self.name, self.default)

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value


class Meta(type):
    registry = {}

    def __new__(mcls, name, bases, namespace, **options):
        fields = {k: v for k, v in namespace.items() if isinstance(v, Field)}
        for base in bases:
            for key, value in getattr(base, "_fields", {}).items():
                fields.setdefault(key, value)
        namespace["_fields"] = fields
        namespace["_options"] = dict(options, count=len(fields))
        cls = super().__new__(mcls, name, bases, namespace)
        mcls.registry[cls.__qualname__] = cls
        return cls

    def __contains__(cls, key):
        return key in cls._fields


def register(name, *aliases, table=_TABLE, **options):
    """Return a decorator that files a function under its names."""

    def decorate(function):
        for key in (name,) + aliases:
            table[key] = (len(table), function.__name__, [options.get(key, 0)])
        function.registered = name
        return function

    return decorate


class Record(metaclass=Meta):
    """A record with fields."""

    identifier = Field(0)
    title = Field("")
    tags = Field(())

    def __init__(self, **values):
        for key, value in values.items():
            if key not in type(self):
                raise TypeError(f"{key!r} is no field of {type(self).__name__}")
            setattr(self, key, value)

    def __repr__(self):
        inner = ", ".join(f"{key}={getattr(self, key)!r}" for key in self._fields)
        return f"{type(self).__name__}({inner})"

    def __eq__(self, other):
        return self.__class__ is other.__class__ and self.__dict__ == other.__dict__

    __hash__ = None

    @property
    def label(self) -> str:
        return "%s-%s" % (self.identifier, self.title)

    @classmethod
    def from_pairs(cls, pairs):
        return cls(**dict(pairs))

    @staticmethod
    def clean(text: str, width: int = 20) -> str:
        return text.strip().lower()[:width]


class Stream(Record, kind="stream"):
    """A record that yields."""

    source = Field(None)
    encoding = Field("utf-8")

    def __iter__(self):
        for number, line in enumerate(self.source or ()):
            try:
                yield number, self.clean(line)
            except (AttributeError, ValueError) as error:
                raise RuntimeError("line %d" % number) from error

    @property
    def closed(self):
        return self.source is None

    def copy(self, **changes):
        values = {key: getattr(self, key) for key in self._fields}
        values.update(changes)
        return type(self)(**values)


class Kind(int):
    """Constants with names, built as enum does it."""

    _members = {}

    def __new__(cls, value, name="?"):
        self = int.__new__(cls, value)
        self.label = name
        cls._members[name] = self
        return self

    def __repr__(self):
        return "<Kind.%s: %d>" % (self.label, int(self))


for _position, _name in enumerate(_WORDS):
    setattr(Kind, _name.replace("-", "_").upper(), Kind(_position, _name))


def parse(pattern):
    """Split a pattern into tokens, as the regular expression compiler does."""
    tokens = []
    stack = [tokens]
    position = 0
    while position < len(pattern):
        this = pattern[position]
        if this == "\\\\":
            stack[-1].append(("escape", ord(pattern[position + 1])))
            position += 2
            continue
        if this == "(":
            group = []
            stack[-1].append(("group", group))
            stack.append(group)
        elif this == ")":
            stack.pop()
        elif this in "*+?":
            stack[-1].append(("repeat", stack[-1].pop(), this))
        elif this.isalnum() or this in "_-":
            stack[-1].append(("literal", ord(this)))
        else:
            stack[-1].append(("any", this))
        position += 1
    return tokens


def walk(tokens, depth=0):
    """Return the number of tokens at any depth."""
    total = 0
    for token in tokens:
        total += 1
        if token[0] == "group":
            total += walk(token[1], depth + 1)
        elif token[0] == "repeat":
            total += walk((token[1],), depth + 1)
    return total


@register("first", "one", first=1, one=2)
def _first(data, *, limit: int = 10, strict: bool = False) -> dict:
    result = {}
    for key, value in data.items():
        if strict and not isinstance(value, str):
            raise TypeError(key)
        result[key] = value[:limit]
    return result


@register("second", second=3)
def _second(left, right=(), *rest):
    return [a if a else b for a, b in zip(left, right)] + list(rest)


@register("third")
def _third(items, key=lambda item: item[0], reverse=False):
    with_keys = [(key(item), number, item) for number, item in enumerate(items)]
    with_keys.sort(reverse=reverse)
    return [item for _, _, item in with_keys]


_PATTERNS = [
    "(a+b*)?c-(d|e)_[f-z]\\\\d+",
    "([a-z]+://)?(\\\\w+)@(\\\\w+)(:\\\\d+)?(/.*)?",
    "%(name)s-%(value)d",
] + _WORDS[:12]
_PARSED = {pattern: parse(pattern) for pattern in _PATTERNS}
_SIZE = sum(walk(tokens) for tokens in _PARSED.values())
_ERRORS = {
    name: type(name, (ValueError,), {"__doc__": name.lower(), "code": number})
    for number, name in enumerate(("NotFound", "Denied", "Broken", "Late", "Full", "Closed"))
}
_RECORDS = [Stream(identifier=i, title=word, source=_WORDS) for i, word in enumerate(_WORDS[:8])]
_LABELS = {record.label: repr(record) for record in _RECORDS}
_LINES = [line for record in _RECORDS[:2] for _, line in record]
try:
    _VERSION = tuple(int(part) for part in "1.26.4.dev".split("."))
except ValueError:
    _VERSION = (1, 26, 4)
'''


def _repetition() -> None:
    kept = []
    for number in range(COMPILED):
        code = compile(SOURCE, f"<workload {number}>", "exec", dont_inherit=True)
    data = marshal.dumps(code)
    for _ in range(UNMARSHALLED):
        code = marshal.loads(data)  # noqa: S302 - dumped three lines above
    for number in range(EXECUTED):
        namespace = {"__name__": f"workload_{number}"}
        exec(code, namespace)  # noqa: S102 - executing module bodies is the work
        kept.append(namespace)


def _clocks() -> "dict[str, int | None]":
    """Return wall, thread CPU and process CPU time, and the wait for a processor; nanoseconds."""
    delay = None
    try:
        with open("/proc/thread-self/schedstat", "rb") as stream:  # noqa: PTH123 - no imports here
            delay = int(stream.read().split()[1])
    except (OSError, IndexError, ValueError):
        pass  # only Linux tells
    return {
        "wall_ns": time.monotonic_ns(),
        "cpu_ns": time.thread_time_ns(),
        "process_cpu_ns": time.process_time_ns(),
        "run_delay_ns": delay,
    }


def run_workload() -> "dict[str, int | None]":
    """Return what each clock counted during all repetitions, nanoseconds; None if it is unknown."""
    _repetition()
    before = _clocks()
    for _ in range(REPETITIONS):
        _repetition()
    after = _clocks()
    span = {}
    for name, start in before.items():
        end = after[name]
        span[name] = None if start is None or end is None else end - start
    return span


if __name__ == "__main__":
    span = run_workload()
    speed_us = (span["cpu_ns"] or 0) // REPETITIONS // 1000
    result = '{"speed_us": ' + str(speed_us) + ', "span": ' + repr(span) + "}"
    with open(sys.argv[1], "w", encoding="utf-8") as stream:  # noqa: PTH123 - no imports here
        stream.write(result.replace("'", '"').replace("None", "null"))
