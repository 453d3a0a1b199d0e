"""The deployed package: what it is put together from, and how large it is."""
