"""The surroundings of a measured handler: its wrapper, and a mock of AWS."""
