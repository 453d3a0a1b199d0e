"""Terminal reports on all functions of a project."""
