"""The least-privilege policy for reading an account, as IAM takes it."""

from __future__ import annotations

from importlib import resources


def reading_policy() -> str:
    """Return the policy, JSON."""
    return resources.files("importcost.account").joinpath("policy.json").read_text("utf-8")
