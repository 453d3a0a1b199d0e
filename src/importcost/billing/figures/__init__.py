"""Dated figures with their sources: floors, prices, speed."""
