"""The facts that a source file gives about its imports. Never edits it."""
