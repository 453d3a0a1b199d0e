"""Use cases over a whole AWS account."""
