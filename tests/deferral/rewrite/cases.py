"""Analyse a text, choose the changes and apply them, for the tests of rewriting."""

from dataclasses import replace

from importcost.deferral.rewrite.rewrite import Change, Refused, Rewritten, rewrite
from importcost.deferral.source.analyse import analyse
from importcost.deferral.source.model import SourceFile, SourceText
from importcost.deferral.source.outside import OutsideUses
from importcost.model.advice import DeferStyle, VerdictKind

FITTING = {
    DeferStyle.FUNCTION: (VerdictKind.DEFERRABLE,),
    DeferStyle.GETTER: (VerdictKind.NEEDS_GETTER,),
    DeferStyle.TYPE_CHECKING: (VerdictKind.ANNOTATIONS_ONLY,),
    DeferStyle.LAZY: (
        VerdictKind.DEFERRABLE,
        VerdictKind.ANNOTATIONS_ONLY,
        VerdictKind.NEEDS_GETTER,
    ),
    DeferStyle.LAZY_MODULES: (VerdictKind.DEFERRABLE, VerdictKind.ANNOTATIONS_ONLY),
}


def python_for(style):
    """Return the version to rewrite for: the first whose grammar has the style."""
    return (3, 15) if style is DeferStyle.LAZY else (3, 12)


def source_of(text, path="pkg/handler.py"):
    return SourceText(path, text, "utf-8", False)


def analysed(source, python=(3, 12), module="pkg.handler", *, is_package=False):
    """Analyse a text (or a SourceText) that has to be readable."""
    if isinstance(source, str):
        source = source_of(source)
    file = analyse(source, module, is_package, python, OutsideUses())
    assert isinstance(file, SourceFile), file
    return file


def fitting(file, style):
    """Return a change for everything in the file whose verdict allows the style."""
    kinds = FITTING[style]
    chosen = [Change(item, style) for item in file.imports if item.verdict.kind in kinds]
    if style is DeferStyle.GETTER:
        chosen += [Change(item, style) for item in file.objects if item.verdict.kind in kinds]
    return chosen


def binding(file, names, style):
    """Return a change for the imports and objects that bind the names, whatever the verdict."""
    wanted = set(names.split())
    imports = [item for item in file.imports if wanted & set(item.bound)]
    objects = [item for item in file.objects if item.name in wanted]
    found = {name for item in imports for name in item.bound} | {item.name for item in objects}
    assert found >= wanted
    return [Change(item, style) for item in (*imports, *objects)]


def outcome(text, style, names=None, python=None, **about):
    """Return what rewriting gives: all that fits the style, or only what binds `names`."""
    python = python or python_for(style)
    file = analysed(text, python, **about)
    changes = fitting(file, style) if names is None else binding(file, names, style)
    return rewrite(file, changes, python)


def rewritten(text, style, names=None, python=None, **about):
    """Return the new text; it has to be idempotent, too."""
    result = outcome(text, style, names, python, **about)
    assert isinstance(result, Rewritten), result
    again = outcome(result.text, style, None, python, **about) if names is None else result
    assert again == replace(again, text=result.text)
    return result.text


def reason(text, style, names=None, python=None, **about):
    result = outcome(text, style, names, python, **about)
    assert isinstance(result, Refused), result
    return result.reason
