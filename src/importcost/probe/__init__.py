"""The file that runs inside the measured interpreter."""
