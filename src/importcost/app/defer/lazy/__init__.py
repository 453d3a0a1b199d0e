"""Lazy imports: the Python that they need, their traps, and those of dependencies."""
