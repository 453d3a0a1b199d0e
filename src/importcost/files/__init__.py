"""Writing to the user's disk: whole files or none, nothing left beside them."""
