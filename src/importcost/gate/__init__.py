"""The gate: budgets, comparison, verdicts. Pure: values in, values out, no I/O."""
