"""The changed copies of a handler: cached edits, and the subjects that launch them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace

from importcost.app.defer.advise import Analysis
from importcost.app.defer.rewriting import Rewrite, rewrite_files
from importcost.app.profile.bench import Bench
from importcost.deferral.rewrite.rewrite import Refused
from importcost.measure.pairs import with_bytecode
from importcost.measure.session import BYTECODE_DIR, Subject, Variant
from importcost.model.results.events import JointChange, SingleChange


class Variants:
    """Makes the versions of the handler to measure against the original."""

    def __init__(self, bench: Bench, analysis: Analysis, python: tuple[int, int]) -> None:
        self._bench = bench
        self._analysis = analysis
        self._python = python
        self._edits: dict[tuple[int, ...], Rewrite | Refused] = {}

    def edit(self, numbers: Sequence[int]) -> Rewrite | Refused:
        """Rewrite copies of the files that these findings concern; once for each set of them."""
        key = tuple(numbers)
        if key not in self._edits:
            chosen = [self._analysis.findings[number] for number in key]
            self._edits[key] = rewrite_files(chosen, self._analysis.sources, self._python)
        return self._edits[key]

    def subject(self, key: SingleChange | JointChange, changed: Rewrite) -> Subject:
        """Return the subject that launches the handler with these edits in place."""
        texts = {str(edit.path): edit.after for edit in changed.edits}
        return replace(self._bench.subject, variant=Variant(key.label, texts))

    @contextlib.contextmanager
    def shipped(self) -> Iterator[Subject | None]:
        """Give the subject with valid bytecode, if shipping it is part of the advice."""
        if self._analysis.advice.bytecode is None or self._bench.subject.bytecode != "zip":
            yield None
        elif self._bench.runner.image is not None:
            yield with_bytecode(self._bench.subject, BYTECODE_DIR)
        else:
            with tempfile.TemporaryDirectory(prefix="importcost-bytecode-") as folder:
                yield with_bytecode(self._bench.subject, folder)
