"""The speed of the machine during launches, and what it does to their times."""
