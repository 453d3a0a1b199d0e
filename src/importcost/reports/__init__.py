"""Reporters: a finished profile in, text or bytes out."""
