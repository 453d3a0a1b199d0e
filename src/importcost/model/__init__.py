"""Frozen values: rows, tree, graph, profile; parsing and statistics. Standard library only, no I/O."""
