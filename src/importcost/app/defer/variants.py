"""The changed copies of a handler, as subjects to launch."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace

from importcost.app.defer.advise import Analysis
from importcost.app.defer.rewriting import Rewrite
from importcost.app.profile.bench import Bench
from importcost.measure.pairs import with_bytecode
from importcost.measure.session import BYTECODE_DIR, Subject, Variant
from importcost.model.results.events import JointChange, SingleChange


class Variants:
    """Makes the versions of the handler to measure against the original."""

    def __init__(self, bench: Bench, analysis: Analysis) -> None:
        self._bench = bench
        self._analysis = analysis

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
            with tempfile.TemporaryDirectory(
                prefix=f"importcost-bytecode-{os.getpid()}-"
            ) as folder:
                yield with_bytecode(self._bench.subject, folder)
