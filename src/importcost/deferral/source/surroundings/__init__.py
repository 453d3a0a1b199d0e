"""State of the process that a function may change before moved code reads it."""
