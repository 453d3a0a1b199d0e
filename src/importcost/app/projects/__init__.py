"""Use cases over all functions of a project."""
