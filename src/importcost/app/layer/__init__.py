"""The layer that measures cold starts on Lambda: packed, and its lines read."""
