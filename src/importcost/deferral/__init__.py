"""Deferral: which imports of the user's own code can wait, what that saves, and the edit."""
