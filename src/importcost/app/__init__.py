"""Use cases: plain functions, no click, no printing."""
