"""The report page and the difference page."""
