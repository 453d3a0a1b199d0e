"""Frozen results of the use cases: what a renderer gets."""
