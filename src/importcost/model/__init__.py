"""Frozen values: rows, tree, graph, profile. Standard library only, no I/O."""
