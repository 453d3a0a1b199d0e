"""Runners start interpreters, here or in a container."""
