"""The machine that measures: its speed, and what disturbs it."""
