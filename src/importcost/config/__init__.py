"""The configuration file: read, checked, located line by line, and started."""
