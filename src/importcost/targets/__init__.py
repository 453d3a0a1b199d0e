"""Resolve the user's handler files and handler strings to a Target."""
