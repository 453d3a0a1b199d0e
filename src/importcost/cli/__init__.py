"""The command line: options in, one call of app, exit code out."""
