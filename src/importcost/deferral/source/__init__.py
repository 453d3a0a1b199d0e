"""The facts that a source file gives about its imports; never edits it."""
