"""Reads of objects of the function's own classes, held against changes of what they hold."""

from __future__ import annotations

from importcost.deferral.source.reach.graph import CallGraph


def depends(graph: CallGraph, read: str, changed: str) -> bool:
    """Return True if reading a dotted name depends on what a change of another one changes.

    `app.Config()` is an object of the class `app.Config`: it has the attributes of the class, and
    what a method sets (`app.Config().region`) may be read through any of its methods.
    """
    if read == changed or read.startswith(f"{changed}."):
        return True
    whole, _, attribute = changed.rpartition(".")
    if whole.endswith("()"):
        name = read.removeprefix(f"{whole}.").partition(".")[0].removesuffix("()")
        return read.startswith(f"{whole}.") and _method_reads(graph, whole, name, attribute)
    plain = read.replace("()", "")
    return plain != read and (plain == whole or f"{plain}.".startswith(f"{changed}."))


def _method_reads(graph: CallGraph, whole: str, method: str, attribute: str) -> bool:
    """Return True if a method of a class mentions an attribute."""
    module, _, owner = whole.removesuffix("()").rpartition(".")
    code = graph.files.get(module)
    found = code.classes.get(owner) if code is not None else None
    units = found.methods.get(method, ()) if found is not None else ()
    mentions = (each for unit in units for each in graph.facts(unit).mentions)
    return any(attribute in mention.chain for mention in mentions)
