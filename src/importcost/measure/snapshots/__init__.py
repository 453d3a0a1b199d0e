"""Snapshots in the measured interpreter: priming before them, and those of a web app's server."""
