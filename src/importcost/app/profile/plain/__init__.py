"""Prepare targets that are not handlers, by asking the interpreter that measures them."""
