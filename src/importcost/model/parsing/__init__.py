"""Text that somebody else wrote, and values made of it by the million."""
