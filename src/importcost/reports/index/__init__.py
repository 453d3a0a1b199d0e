"""Reports over all functions of a project."""
