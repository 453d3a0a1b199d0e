"""The packages that are deployed with a function, and who brings them."""
