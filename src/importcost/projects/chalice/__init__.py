"""Chalice apps: the configuration and the decorators of app.py."""
