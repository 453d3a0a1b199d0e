"""Runners: they start interpreters, here or in a container."""
