"""The files that run inside the measured interpreter."""
