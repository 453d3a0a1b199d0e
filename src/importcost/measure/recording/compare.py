"""Compare the calls that two versions of a handler make.

The original is recorded twice at least. What differs between its own recordings (an identifier, a
time, the order among threads) is unstable by itself and is not compared; all the rest must be the
same. Order counts within the calls of one client: same service, region and key. Phases do not
count: a moved object makes its call later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from importcost.measure.recording.resources import NeededResource
from importcost.model.results.aws_calls import SET_ASIDE, AwsCall, CallSummary, Recording
from importcost.secrecy import secrets_in, without_credentials

MAX_SHOWN = 60
"""Characters of a parameter's value in a sentence."""
MAX_PARAMETERS = 3
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSTABLE = f"{SET_ASIDE}: not the same twice"

Hide = Callable[[str], str]
"""Takes out of a text what must not be shown."""
CallKind = tuple[str, str]
ClientKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ExpectedCalls:
    """The calls of the original, without what is unstable by itself.

    `calls` are the first recording's, masked. `unstable` are the paths that differ between the
    recordings, by service and operation. `varying` are the masked calls whose number differs.
    `ordered` are the clients whose calls come in the same order each time.
    """

    calls: tuple[AwsCall, ...]
    unstable: Mapping[CallKind, frozenset[str]]
    varying: frozenset[AwsCall]
    ordered: frozenset[ClientKey]

    @property
    def compared(self) -> int:
        """Return the number of calls that are compared."""
        return sum(call not in self.varying for call in self.calls)

    def masked(self, calls: Iterable[AwsCall]) -> list[AwsCall]:
        """Return calls with the values of unstable parameters set aside."""
        return [_masked(call, self.unstable) for call in calls]


def expected_calls(recordings: Sequence[Recording]) -> ExpectedCalls:
    """Return the expectation from two or more recordings of the original."""
    first = recordings[0].calls
    unstable: dict[CallKind, set[str]] = defaultdict(set)
    for other in recordings[1:]:
        for path_of, path in _unstable_paths(first, other.calls):
            unstable[path_of].add(path)
    paths = {kind: frozenset(found) for kind, found in unstable.items()}
    masked = [[_masked(call, paths) for call in one.calls] for one in recordings]
    counts = [Counter(calls) for calls in masked]
    everything = {call for count in counts for call in count}
    varying = frozenset(call for call in everything if len({count[call] for count in counts}) > 1)
    orders = [_by_client(calls, varying) for calls in masked]
    ordered = frozenset(
        client
        for client, calls in orders[0].items()
        if all(other.get(client) == calls for other in orders[1:])
    )
    return ExpectedCalls(tuple(masked[0]), paths, varying, ordered)


def call_differences(expected: ExpectedCalls, found: Recording, hide: Hide = str) -> list[str]:
    """Return a clause for each way in which a recording differs from the original's calls.

    Every text that comes from the handler goes through `hide` first.
    """
    words = _Words(hide)
    calls = [call for call in expected.masked(found.calls) if call not in expected.varying]
    wanted = [call for call in expected.calls if call not in expected.varying]
    missing = list((Counter(wanted) - Counter(calls)).elements())
    extra = list((Counter(calls) - Counter(wanted)).elements())
    clauses = [words.change(was, now) for was, now in _paired(missing, extra)]
    clauses += [f"{words.call(call)} is no longer made" for call in missing]
    clauses += [f"{words.call(call)} is made, which the original does not make" for call in extra]
    if not clauses:
        clauses += _order_differences(expected, wanted, calls, words)
    return list(dict.fromkeys(clauses))


def call_summary(
    expected: ExpectedCalls | None,
    recording: Recording | None,
    resources: Sequence[NeededResource] = (),
) -> CallSummary | None:
    """Return what a recording of the original showed, None if there is none.

    `resources` are those that were made for its calls.
    """
    if expected is None or recording is None:
        return None
    names = Counter(call.name for call in recording.calls)
    unanswered = [call.name for call in recording.calls if not call.is_answered]
    return CallSummary(
        compared=expected.compared,
        varying=len(expected.calls) - expected.compared,
        names=tuple(names.items()),
        unanswered=tuple(dict.fromkeys(unanswered)),
        unrecorded=recording.unrecorded,
        supplied=tuple(one.words for one in resources),
    )


def hider(environment: Mapping[str, str]) -> Hide:
    """Return a function that hides the values of these variables: one may be a password."""
    secrets = secrets_in(environment)

    def hide(text: str) -> str:
        for name, value in environment.items():
            if value and text == value:
                return f"(the value of {name})"
        return without_credentials(secrets.hide(text))

    return hide


def _kind(call: AwsCall) -> CallKind:
    return (call.service, call.operation)


def _client(call: AwsCall) -> ClientKey:
    return (call.service, call.region, call.key)


def _masked(call: AwsCall, unstable: Mapping[CallKind, frozenset[str]]) -> AwsCall:
    paths = unstable.get(_kind(call))
    if not paths:
        return call
    parameters = tuple(
        (name, _UNSTABLE if name in paths else value)
        for name, value in call.parameters
        # A path that is not always there says nothing by being there.
        if f"?{name}" not in paths
    )
    return replace(call, parameters=parameters)


def _unstable_paths(
    first: Sequence[AwsCall], second: Sequence[AwsCall]
) -> Iterator[tuple[CallKind, str]]:
    """Yield the paths whose values differ between calls that correspond.

    Calls that are equal correspond; the others of a kind do in their order. `?path` is yielded for
    a path that only one of two has.
    """
    missing = list((Counter(first) - Counter(second)).elements())
    extra = list((Counter(second) - Counter(first)).elements())
    for was, now in _same_kind(missing, extra):
        before, after = dict(was.parameters), dict(now.parameters)
        for path in before.keys() & after.keys():
            if before[path] != after[path]:
                yield _kind(was), path
        for path in before.keys() ^ after.keys():
            yield _kind(was), f"?{path}"


def _same_kind(
    missing: Sequence[AwsCall], extra: Sequence[AwsCall]
) -> Iterator[tuple[AwsCall, AwsCall]]:
    for kind in dict.fromkeys(map(_kind, missing)):
        yield from zip(
            [call for call in missing if _kind(call) == kind],
            [call for call in extra if _kind(call) == kind],
            strict=False,
        )


def _paired(missing: list[AwsCall], extra: list[AwsCall]) -> Iterator[tuple[AwsCall, AwsCall]]:
    """Take calls out of both lists that are the same call made differently, nearest first."""
    for was in list(missing):
        alike = [now for now in extra if _kind(now) == _kind(was)]
        if alike:
            now = min(alike, key=lambda call: _distance(was, call))
            missing.remove(was)
            extra.remove(now)
            yield was, now


def _distance(was: AwsCall, now: AwsCall) -> int:
    parameters = len(set(was.parameters) ^ set(now.parameters))
    rest = (was.key != now.key) + (was.region != now.region) + (was.status != now.status)
    return 2 * parameters + rest


class _Words:
    """Says how calls differ."""

    def __init__(self, hide: Hide) -> None:
        self._hide = hide

    def short(self, text: str) -> str:
        """Return a text of the handler's: hidden values first, then control characters, length."""
        signs = (sign if sign.isprintable() else REPLACEMENT for sign in self._hide(text))
        shown = "".join(signs)
        return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"

    def call(self, call: AwsCall) -> str:
        """Return a call with its first parameters: `s3 PutObject(Bucket=a, Key=b)`."""
        shown = [
            f"{self.short(name)}={self.short(value)}"
            for name, value in call.parameters
            if not value.startswith(SET_ASIDE)
        ]
        more = ", …" if len(shown) > MAX_PARAMETERS else ""
        return f"{self.short(call.name)}({', '.join(shown[:MAX_PARAMETERS])}{more})"

    def change(self, was: AwsCall, now: AwsCall) -> str:
        """Return the clause on one call that is made differently; who signs comes first."""
        name = self.short(was.name)
        if was.key != now.key:
            keys = f"{self._key(now.key)} instead of {self._key(was.key)}"
            return f"{name} signs with another key: {keys}"
        if was.region != now.region:
            return f"{name} goes to {self.short(now.region)} instead of {self.short(was.region)}"
        before, after = dict(was.parameters), dict(now.parameters)
        differing = [
            path
            for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path)
        ]
        if not differing:
            return f"{name} is answered with status {now.status} instead of {was.status}"
        return f"{name} is made {self._parameter(differing[0], before, after)}"

    def _parameter(self, path: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
        shown = self.short(path)
        if path not in after:
            return f"without {shown}={self.short(before[path])}"
        if path not in before:
            return f"with {shown}={self.short(after[path])}"
        return f"with {shown}={self.short(after[path])} instead of {self.short(before[path])}"

    def _key(self, key: str) -> str:
        return self.short(key) if key else "no key"


def _by_client(
    calls: Iterable[AwsCall], varying: frozenset[AwsCall]
) -> dict[ClientKey, list[AwsCall]]:
    found: dict[ClientKey, list[AwsCall]] = defaultdict(list)
    for call in calls:
        if call not in varying:
            found[_client(call)].append(call)
    return found


def _order_differences(
    expected: ExpectedCalls, wanted: Sequence[AwsCall], calls: Sequence[AwsCall], words: _Words
) -> Iterator[str]:
    before, after = (_by_client(some, expected.varying) for some in (wanted, calls))
    for client, order in before.items():
        if client not in expected.ordered or order == after[client]:
            continue
        was, now = next(pair for pair in zip(order, after[client], strict=True) if len({*pair}) > 1)
        yield f"{words.call(now)} is made before {words.call(was)}, which came first"
