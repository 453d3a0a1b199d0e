"""Lazy imports as Python runs them: their traps in the source."""
