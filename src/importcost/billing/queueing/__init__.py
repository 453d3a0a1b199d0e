"""Requests and the environments that serve them: formulas where they hold, else a simulation."""
