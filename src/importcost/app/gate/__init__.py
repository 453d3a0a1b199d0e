"""Use cases of the gate: check, compare, diff, and the configuration they need."""
