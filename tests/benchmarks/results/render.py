"""RESULTS.md: the table of every figure, rendered from the catalogue and the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from tests.benchmarks.results.catalogue import Catalogue, Figure, Topic
from tests.benchmarks.results.status import Release, Status, statuses
from tests.benchmarks.results.store import BY_HAND, Machine, Measured, Store, machines_of
from tests.benchmarks.results.targets import worded_value

HEAD = """# Results

`tests/benchmarks/run` renders this page from the data in [results/](results), and a test holds that
it is up to date: change the data, not this page ([how](README.md)).

A figure that the run measures names its script; without `--needs` the run leaves out those that
need more than an index of packages and a browser, and their last values stay. "Earlier" is a value
that was written down before the run knew its figure, with what was run; "by hand" is what no script
reproduces, with what was done. "Old" is a value that was not measured again within the last
release. "FAIL" is a target that the last value misses, on whatever machine and under whatever load
it was measured. Values that were written down stay when a run gives a new one: below the table.
"""
COLUMNS = ("figure", "target", "measured", "result", "date", "machine", "how")
COLUMNS_BEFORE = ("figure", "measured", "date", "machine", "how")
COUNTED = (Status.PASS, Status.FAIL, Status.OLD, Status.FAILED_TO_RUN, Status.NOT_MEASURED)
WANTING = (Status.FAIL, Status.FAILED_TO_RUN, Status.NOT_MEASURED)
"""Results that need a reason."""


def render(catalogue: Catalogue, store: Store, before: Release | None) -> str:
    """Return the whole page."""
    found = statuses(catalogue, store, before)
    machines = machines_of(store)
    parts = [HEAD, _summary(catalogue, found)]
    parts += [_topic(topic, store, found, machines) for topic in catalogue.topics]
    parts += [*_times(store), _machines(machines)]
    return sealed("\n".join(parts))


def sealed(text: str) -> str:
    """Return a page with a last line by which one sees whether it was edited since."""
    return f"{text}\n<!-- rendered: {sha256(text.encode()).hexdigest()} -->\n"


def is_as_rendered(page: str) -> bool:
    """Return True if nobody has edited a page since it was rendered."""
    text, _, _ = page.rpartition("\n<!-- rendered: ")
    return page == sealed(text)


def _summary(catalogue: Catalogue, found: Mapping[str, Status]) -> str:
    heads = ("topic", "figures", *(one.value for one in COUNTED), "no target", "by hand")
    rows = [_counts(_link(topic), topic.figures, found) for topic in catalogue.topics]
    rows.append(_counts("**all**", catalogue.figures, found))
    return "\n".join(_table(heads, rows)) + "\n"


def _counts(name: str, figures: Sequence[Figure], found: Mapping[str, Status]) -> Sequence[str]:
    counts = Counter(found[figure.name] for figure in figures)
    by_hand = sum(figure.run is None for figure in figures)
    numbers = (len(figures), *(counts[one] for one in COUNTED), counts[Status.NO_TARGET], by_hand)
    return (name, *(str(number) for number in numbers))


def _link(topic: Topic) -> str:
    kept = "".join(sign for sign in topic.title.lower() if sign.isalnum() or sign in " -_")
    return f"[{topic.title}](#{kept.replace(' ', '-')})"


def _topic(
    topic: Topic, store: Store, found: Mapping[str, Status], machines: Mapping[Machine, str]
) -> str:
    lines = [f"## {topic.title}\n"]
    if topic.about:
        lines.append(f"{topic.about}\n")
    rows = [_row(figure, store, found[figure.name], machines) for figure in topic.figures]
    lines += [*_table(COLUMNS, rows), ""]
    whys = [
        f"- {figure.words}: {figure.why}"
        for figure in topic.figures
        if figure.why is not None and found[figure.name] in WANTING
    ]
    if whys:
        lines += ["Why a target is missed, or a value missing:\n", *whys, ""]
    earlier = list(_earlier(topic, store, machines))
    if earlier:
        lines += ["Measured before:\n", *_table(COLUMNS_BEFORE, earlier), ""]
    if topic.notes:
        lines.append(f"{topic.notes}\n")
    return "\n".join(lines)


def _row(
    figure: Figure, store: Store, status: Status, machines: Mapping[Machine, str]
) -> Sequence[str]:
    target = figure.target.worded(figure.unit) if figure.target else ""
    measured = store.last_of(figure.name)
    failure = store.failures.get(figure.name)
    said = status.value
    if failure is not None:
        said += f" on {failure.day.isoformat()}: {failure.words}"
    if measured is None:
        return (figure.words, target, "", said, "", "", figure.by_hand or "")
    return (
        figure.words,
        target,
        worded_measured(figure, measured),
        said,
        measured.day.isoformat(),
        machines[measured.machine],
        _how(figure, measured),
    )


def worded_measured(figure: Figure, measured: Measured) -> str:
    """Return a value in words: by hand as it was written down, else with its unit."""
    if measured.value is None or (measured.by == BY_HAND and measured.words):
        return measured.words
    value = worded_value(measured.value, figure.unit, figure.digits)
    return f"{value} ({measured.words})" if measured.words else value


def _how(figure: Figure, measured: Measured) -> str:
    load = _load(measured.load) and f"load {_load(measured.load)}"
    hand = "by hand" if figure.run is None else "earlier"
    source = f"{hand}: {measured.how}".rstrip(": ") if measured.by == BY_HAND else measured.how
    return ", ".join(one for one in (source, load) if one)


def _earlier(
    topic: Topic, store: Store, machines: Mapping[Machine, str]
) -> Iterator[Sequence[str]]:
    for figure in topic.figures:
        for measured in store.values.get(figure.name, ())[:-1]:
            said = worded_measured(figure, measured)
            day = measured.day.isoformat()
            yield (figure.words, said, day, machines[measured.machine], _how(figure, measured))


def _times(store: Store) -> Iterator[str]:
    """Yield the section of how long the runs took, if any did."""
    if not store.took:
        return
    rows = [
        (name, f"{one.seconds:.0f}", f"{one.cpu_s:.0f}", one.day.isoformat(), _load(one.load))
        for name, one in sorted(store.took.items(), key=lambda item: item[1].seconds)
    ]
    heads = ("run", "s", "s of CPU", "date", "load before")
    yield "\n".join(["## How long the runs take\n", *_table(heads, rows), ""])


def _load(load: float | None) -> str:
    return "" if load is None else f"{load:.1f}"


def _machines(machines: Mapping[Machine, str]) -> str:
    rows = [(letter, machine.words) for machine, letter in machines.items()]
    return "\n".join(["## Machines\n", *_table(("letter", "machine"), rows), ""])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\|", "|").replace("|", "\\|")
