"""The only rooms that start processes."""
