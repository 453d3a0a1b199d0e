"""Export formats of a profile: one module a format, listed in `formats`."""
