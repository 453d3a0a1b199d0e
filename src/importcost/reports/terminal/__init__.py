"""Reporters for the terminal."""
