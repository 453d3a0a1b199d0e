"""SST apps: the functions that their configuration writes as literals."""
