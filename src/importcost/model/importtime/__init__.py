"""The output of `-X importtime`, parsed and nested."""
