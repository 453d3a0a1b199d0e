"""The one walk over a file's syntax tree that collects its facts."""
