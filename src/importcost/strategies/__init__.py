"""What a remedy for cold starts needs to be safe, and what it is worth (pure)."""
