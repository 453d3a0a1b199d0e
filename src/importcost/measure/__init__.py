"""Plan runs, carry them out through a runner, and assemble the profile."""
