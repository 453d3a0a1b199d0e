"""Reporters for a gate's checks, one module a format."""
