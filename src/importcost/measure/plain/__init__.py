"""Targets that are not handlers: what the probe is told about them, and how they fail."""
