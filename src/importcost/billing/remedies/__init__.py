"""Strategies against cold starts, compared by latency and dollars."""
