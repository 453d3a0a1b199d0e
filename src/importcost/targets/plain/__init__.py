"""Targets that are not handlers: packages, statements, console scripts and files."""
