"""A recording AWS endpoint on loopback: the calls that each version of a handler makes."""
