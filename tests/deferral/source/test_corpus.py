"""Small handlers that pin one rule each; the file's name says the rule.

An import line carries what is expected of it: `#: <verdict>[@line|@self|@none] safe|unsafe`, one
for each alias. Without `@` the line that decides is the one marked `# decides`, where there is
one. `safe` says whether deferring it keeps the handler's behaviour and takes it out of init.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from importcost.deferral.source.analyse import OutsideUses, analyse
from importcost.deferral.source.model import ImportStatement, SourceFile, SourceText
from importcost.deferral.source.text import decode
from importcost.model.advice import DeferStyle, VerdictKind

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.py"))
KINDS = {
    "deferrable": VerdictKind.DEFERRABLE,
    "getter": VerdictKind.NEEDS_GETTER,
    "annotations": VerdictKind.ANNOTATIONS_ONLY,
    "unused": VerdictKind.UNUSED,
    "no": VerdictKind.NOT_DEFERRABLE,
    "lazy": VerdictKind.ALREADY_LAZY,
}
STYLES = {
    VerdictKind.DEFERRABLE: DeferStyle.FUNCTION,
    VerdictKind.NEEDS_GETTER: DeferStyle.GETTER,
    VerdictKind.ANNOTATIONS_ONLY: DeferStyle.TYPE_CHECKING,
}


@dataclass(frozen=True, slots=True)
class Expected:
    file: str
    line: int
    kind: VerdictKind
    decides: int | None
    safe: bool


def expected_of(path: Path) -> list[Expected]:
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = [at for at, line in enumerate(lines, 1) if line.endswith("# decides")]
    found = []
    for number, line in enumerate(lines, 1):
        _, marker, rest = line.partition("#: ")
        for part in rest.split("; ") if marker else ():
            word, _, at, safety = re.fullmatch(r"(\w+)(@(\w+))? (safe|unsafe)", part).groups()
            if at is None:
                decides = marked[0] if marked else None
            else:
                decides = {"self": number, "none": None}.get(at) if not at.isdigit() else int(at)
            found.append(Expected(path.name, number, KINDS[word], decides, safety == "safe"))
    return found


def analysed(path: Path) -> SourceFile:
    data = path.read_bytes()
    header = dict(re.findall(r"^# (python|package|outside): (\S+)", data.decode(), re.MULTILINE))
    minor = int(header.get("python", "3.12").split(".")[1])
    outside = header.get("outside")
    if outside == "*":
        uses = OutsideUses(everything="service.py line 1")
    else:
        uses = OutsideUses(names={outside: "service.py line 1"} if outside else {})
    source = decode(path.name, data)
    assert isinstance(source, SourceText)
    found = analyse(source, "app.api", "package" in header, (3, minor), uses)
    assert isinstance(found, SourceFile), found
    return found


def pairs_of(path: Path) -> list[tuple[Expected, ImportStatement]]:
    return list(zip(expected_of(path), analysed(path).imports, strict=True))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_import_gets_its_verdict_with_reason_and_line(path):
    pairs = pairs_of(path)
    assert pairs
    for expected, statement in pairs:
        verdict = statement.verdict
        assert statement.line == expected.line
        assert verdict.kind is expected.kind, verdict
        if expected.decides is not None:
            assert verdict.line == expected.decides, verdict
        assert verdict.style is STYLES.get(verdict.kind)
        assert verdict.reason
        assert not verdict.reason.endswith(".")
        assert bool(verdict.objects) == (verdict.kind is VerdictKind.NEEDS_GETTER)


def test_nothing_unsafe_is_called_deferrable_and_the_safe_is_found():
    pairs = [pair for path in CORPUS for pair in pairs_of(path)]
    deferred = [
        (expected, statement) for expected, statement in pairs if statement.verdict.kind in STYLES
    ]
    assert [expected for expected, _ in deferred if not expected.safe] == []
    safe = [expected for expected, _ in pairs if expected.safe]
    assert len(CORPUS) >= 60
    assert len(deferred) >= 0.95 * len(safe)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_spans_cover_the_names_and_the_statements(path):
    found = analysed(path)
    text = found.source.text
    for statement in found.imports:
        piece = text[statement.span.start : statement.span.end]
        assert piece.startswith(("import", "from", "lazy"))
        assert text.count("\n", 0, statement.span.start) + 1 == statement.line
        for use in statement.uses:
            assert text[use.span.start : use.span.end] == use.name
            assert use.name in statement.bound
            if use.function is not None:
                assert text[use.function.start :].startswith(("def ", "async def "))
                assert use.function.start < use.span.start < use.function.end
    for item in found.objects:
        assert text[item.span.start : item.value.start].startswith(item.name)
