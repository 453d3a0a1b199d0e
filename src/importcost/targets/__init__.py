"""From what the user names to a Target: handler files and handler strings."""
