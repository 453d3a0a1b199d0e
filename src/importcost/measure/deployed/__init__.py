"""The packages that are deployed with a function, and their origin."""
