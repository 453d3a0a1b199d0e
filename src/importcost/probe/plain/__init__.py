"""Programs for targets that are not handlers."""
