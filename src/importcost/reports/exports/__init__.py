"""What a profile is exported to: one module a format, listed in `formats`."""
