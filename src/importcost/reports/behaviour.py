"""The words on what proves a change: its imports, its time, and what the handler does."""

from __future__ import annotations

from collections.abc import Sequence

from importcost.model.advice import BestSet, Verification
from importcost.model.behaviour import Behaviour, BehaviourProof, ProofKind
from importcost.reports.text import printable

IMPORTS_ONLY = "imports, not behaviour, verified"
"""The name of a measured change with own code in it that no comparison of behaviour reached."""

MOST_NAMES = 3


def status_words(measured: Verification, behaviour: Behaviour) -> str:
    """Return the name of a change that holds: verified, or the part of it that is."""
    if measured.failure is None and behaviour.unproven:
        return IMPORTS_ONLY
    return "verified"


def proof_headline(best: BestSet | None) -> str | None:
    """Return a sentence or two on what proof there is of a best set; None if it does not hold.

    It names the imports and the time if they were measured, every comparison of behaviour that was
    passed, the own code that none of them reached, and the doubts.
    """
    if best is None or not best.finding_ids:
        return None
    measured, behaviour = best.verification, best.behaviour
    if measured is not None and measured.failure is not None:
        return None
    doubts = f" But {'; '.join(behaviour.doubts)}." if behaviour.doubts else ""
    if not behaviour.proofs:
        return _without_proof(measured, behaviour, is_asked=bool(doubts)) + doubts
    start = "Not measured" if measured is None else "Verified: imports and time"
    text = f"{start}; behaviour by {proof_words(behaviour.proofs)}."
    if behaviour.unproven:
        text += f" None of that reaches {names_in_short(behaviour.unproven)}."
    return text + doubts


def _without_proof(measured: Verification | None, behaviour: Behaviour, *, is_asked: bool) -> str:
    if measured is None:
        return "Not verified: nothing was measured, and behaviour was not compared."
    if behaviour.unproven:
        more = "" if is_asked else " An --event that uses it, --record or --test compares it."
        later = names_in_short(behaviour.unproven)
        return f"{IMPORTS_ONLY.capitalize()}: own code moves ({later}), and nothing ran it.{more}"
    more = "" if is_asked else " --event, --record or --test compares it."
    return f"Verified: imports and time; behaviour was not compared.{more}"


def proof_words(proofs: Sequence[BehaviourProof]) -> str:
    """Return comparisons as one list: `2 events and pytest -q (34 passed)`."""
    parts = [_one(proof) for proof in proofs]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _one(proof: BehaviourProof) -> str:
    if proof.kind is ProofKind.TESTS:
        said = f" ({printable(proof.words)})" if proof.words else ""
        return f"{printable(proof.command or 'the tests')}{said}"
    if proof.kind is ProofKind.CALLS:
        over = f" over {_counted(proof.events, 'event')}" if proof.events else ""
        return f"the same {_counted(proof.count, 'AWS call')}{over}"
    return _counted(proof.count, "event")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def names_in_short(names: Sequence[str]) -> str:
    """Return at most MOST_NAMES of some names, and the number of the others."""
    shown = ", ".join(printable(name) for name in names[:MOST_NAMES])
    rest = len(names) - MOST_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown
